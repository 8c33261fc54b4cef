//! Steps that must not be lost when the store is away.

use super::store::{Step, StoreError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// How long to wait before the first repetition; each time twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Steps that are repeated at the same time at the most: a store that is read and not written to for long would have one
/// for each message that was tried meanwhile.
const MAX_RETRIES: usize = 1000;

/// How many steps may be repeated.
pub(super) struct Retries(Semaphore);

impl Default for Retries {
    fn default() -> Self {
        Self(Semaphore::new(MAX_RETRIES))
    }
}

/// Repeats `step`, which has failed, until it succeeds, or fails after `deadline`.
///
/// # Errors
/// Of the last try; or too many steps are being repeated.
pub(super) async fn until(retries: &Retries, deadline: Instant, step: impl Fn() -> Step<()>) -> Result<(), StoreError> {
    let too_many = |_| StoreError("too many steps wait to be repeated".to_owned());
    let _permit = retries.0.try_acquire().map_err(too_many)?;
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        match step().get().await {
            Err(_) if Instant::now() < deadline => pause = LONGEST_PAUSE.min(2 * pause),
            outcome => return outcome,
        }
    }
}
