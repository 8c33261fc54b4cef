//! Steps that must not be lost when the store is away.

use super::store::{Step, StoreError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long to wait before the first repetition; each time twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Repeats `step`, which has failed, until it succeeds, or fails after `deadline`.
///
/// # Errors
/// Of the last try.
pub(super) async fn until(deadline: Instant, step: impl Fn() -> Step<()>) -> Result<(), StoreError> {
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        match step().get().await {
            Err(_) if Instant::now() < deadline => pause = LONGEST_PAUSE.min(2 * pause),
            outcome => return outcome,
        }
    }
}
