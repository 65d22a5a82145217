"""Which frames of an animation are looked at, and which must be decoded to see them.

Frames are drawn over one another, so that a frame may need all before it. To bound the work, a pick of a long animation
is led up to by a few frames only; it may then show older pixels where nothing was drawn since.
"""

from collections.abc import Sequence
from typing import Final

MIN_SHOWN_MS: Final = 100
"""How long a frame with no or almost no duration is shown. Source: browsers show a GIF's 0 and 10 ms as 100 ms."""
BARELY_SHOWN_MS: Final = 10
MAX_DECODED_FRAMES: Final = 64
MAX_DECODED_PIXELS: Final = 50_000_000
"""Work on one animation: canvas pixels times decoded frames, about a second on a slow core."""


def pick_frames(durations_ms: Sequence[int], max_frames: int) -> tuple[int, ...]:
    """Pick the frames to look at: the first, and those on the screen at evenly spaced moments.

    Moments and not numbers, because what a viewer sees is what is shown long: one frame of a minute among a hundred of
    10 ms is the picture. Where that gives too few, evenly spaced numbers fill up.

    Args:
        durations_ms: of every frame, at least one.
        max_frames: at least 1.

    Returns:
        Numbers of frames, ascending, without repetition, `min(max_frames, len(durations_ms))` of them.

    """
    n_frames = len(durations_ms)
    if n_frames <= max_frames:
        return tuple(range(n_frames))
    picks = {0}
    for frame in [*_shown_at_moments(durations_ms, max_frames), *_evenly_numbered(n_frames, max_frames)]:
        if len(picks) < max_frames:
            picks.add(frame)
    return tuple(sorted(picks))


def _shown_at_moments(durations_ms: Sequence[int], max_frames: int) -> list[int]:
    """The frames on the screen at the middles of `max_frames - 1` equal parts of the animation."""
    shown_ms = [MIN_SHOWN_MS if one <= BARELY_SHOWN_MS else one for one in durations_ms]
    part_ms = sum(shown_ms) / max(1, max_frames - 1)
    frames: list[int] = []
    until_ms = 0.0
    for frame, one_ms in enumerate(shown_ms):
        until_ms += one_ms
        while len(frames) < max_frames - 1 and (len(frames) + 0.5) * part_ms < until_ms:
            frames.append(frame)
    return frames


def _evenly_numbered(n_frames: int, max_frames: int) -> list[int]:
    """More candidates than needed, so that picks taken already leave enough."""
    n_candidates = min(n_frames, 2 * max_frames)
    return [round(i * (n_frames - 1) / max(1, n_candidates - 1)) for i in range(n_candidates)]


def decoded_frames(picks: Sequence[int], n_canvas_pixels: int) -> tuple[int, ...]:
    """List the frames to decode: the first, the picks, and the frames before each as far as the work allows.

    Args:
        picks: ascending.
        n_canvas_pixels: width times height.

    Returns:
        Numbers of frames, ascending, without repetition.

    """
    n_decoded = min(MAX_DECODED_FRAMES, MAX_DECODED_PIXELS // max(1, n_canvas_pixels))
    lead = max(1, n_decoded // len(picks))
    kept = {0}
    for pick in picks:
        kept.update(range(max(0, pick - lead + 1), pick + 1))
    return tuple(sorted(kept))
