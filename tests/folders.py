"""Where the pipeline writes: what a test that writes has to move."""

FOLDERS = ("DATA", "PREPARED", "TEST", "PLAN", "RUNS", "RESULTS", "REPORT", "CLAIMS", "PICTURES", "PUBLISHED")
FOLDERS += (
    "TRACKING",
    "ARTIFACTS",
    "STATE",
    "STORE",
    "CHECKPOINTS",
    "LOCKS",
    "GPU_MEMORY",
    "ASKED",
    "LOOKS",
    "SCORES",
    "STUDIES",
    "TRIED",
    "SWEEPS",
    "STORE_AWAY",
)
