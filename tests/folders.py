"""Where the pipeline writes: what a test or a benchmark that writes has to move, or to leave out."""

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
ELSEWHERE = ("MLFLOW_TRACKING_URI", "AULA_STORE", "AULA_CLUSTER")  # in the environment: a team's own, no test's
