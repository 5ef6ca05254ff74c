"""Generative adversarial networks: when does log(1 - D(G(z))) saturate, and what does the other loss change?"""

from pipeline.verdicts.topic import Claim, Topic

LOSS = "4 Generative adversarial networks: the generator's loss"
NETWORKS = "4 Generative adversarial networks: generator and discriminator"
PILOT = "own pilot on a ring of 8 Gaussians"
RATE_MARGIN = 0.1  # one run in ten, for which all against none of six runs is just enough

TOPIC = Topic(
    title="Generative adversarial networks",
    question=(
        "Early on the discriminator rejects all samples and log(1 - D(G(z))) has no gradient left, so the generator is"
        " to minimise -log D(G(z)) instead. How much gradient is lost, and does training go better for it?"
    ),
    probes=(
        "generator_gradient",
        "stalled",
        "modes_covered",
        "high_quality",
        "fid",
        "fid_floor",
        "density",
        "coverage",
        "class_entropy",
        "nearest_ratio",
    ),
    series=("class_share", "real_score", "fake_score"),
    claims=(
        Claim(
            name="saturation",
            sentence="After 250 steps of the discriminator alone, the generator's gradient under -log D(G(z)) is at least a"
            " hundred times that under log(1 - D(G(z))) (log10 of its norm).",
            chapter=LOSS,
            source=f"Goodfellow et al. (2014), section 3; {PILOT}: 137 to 149 times, 5 runs",
            metric="generator_gradient",
            better="ahead_non_saturating",
            worse="ahead_minimax",
            margin=2.0,
        ),
        Claim(
            name="stall",
            sentence="Behind a trained discriminator, a generator trained by plain gradient steps stalls under the minimax"
            " loss and not under the non-saturating one.",
            chapter=LOSS,
            source=f"Goodfellow et al. (2014), section 3; {PILOT}: 5 of 6 runs against 0 of 4, in the setting that stalled most"
            " of 14 tried; 0 of 6 in the same setting with alternating updates",
            metric="stalled",
            better="sgd_non_saturating",
            worse="sgd_minimax",
            margin=RATE_MARGIN,
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="stall_needs_lead",
            sentence="It is the discriminator's lead that stalls the minimax loss: trained side by side from the start, the"
            " same generator does not stall.",
            chapter=LOSS,
            source=f"{PILOT}: 0 of 4 runs against 5 of 6, in the setting that stalled most of 14 tried",
            metric="stalled",
            better="sgd_minimax_even",
            worse="sgd_minimax",
            margin=RATE_MARGIN,
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="adam_modes",
            sentence="Trained with Adam behind a trained discriminator, the non-saturating loss covers more modes than the"
            " minimax loss.",
            chapter=LOSS,
            source=f"{PILOT}: 6.3 modes against 8.0, 4 runs each; no difference in a shorter training (6.8 and 7.3)",
            metric="modes_covered",
            better="adam_non_saturating",
            worse="adam_minimax",
            margin=0.5,
        ),
        Claim(
            name="digits_loss",
            sentence="On images, with Adam, the non-saturating loss comes closer to the real digits than the minimax loss.",
            chapter=LOSS,
            source="Lucic et al. (2018), best FID on MNIST: 6.8 against 9.8, another measure",
            metric="fid",
            better="digits_non_saturating",
            worse="digits_minimax",
            margin=10.0,
            higher_is_better=False,
        ),
        Claim(
            name="digits_convolution",
            sentence="Convolutional networks come closer to the real digits than fully connected ones, in a third of the"
            " steps.",
            chapter=NETWORKS,
            source="Radford et al. (2016), architecture guidelines",
            metric="fid",
            better="digits_convolutional",
            worse="digits_non_saturating",
            margin=10.0,
            higher_is_better=False,
        ),
    ),
)
