//! A value known at once or later.

use std::pin::Pin;

/// An answer, or the promise of one. What is known at once costs no task and no allocation.
pub enum Soon<T> {
    /// Known at once: travels with the other answers to the same batch of requests.
    Now(T),
    /// Known later; other requests of the connection go on meanwhile.
    Later(Pin<Box<dyn Future<Output = T>>>),
}

impl<T: 'static> Soon<T> {
    /// The promise that `future` makes.
    pub fn later(future: impl Future<Output = T> + 'static) -> Self {
        Self::Later(Box::pin(future))
    }

    /// The same with `f` applied when the value is there.
    pub fn map<U: 'static>(self, f: impl FnOnce(T) -> U + 'static) -> Soon<U> {
        match self {
            Self::Now(value) => Soon::Now(f(value)),
            Self::Later(future) => Soon::later(async move { f(future.await) }),
        }
    }

    /// Waits for the value.
    pub async fn get(self) -> T {
        match self {
            Self::Now(value) => value,
            Self::Later(future) => future.await,
        }
    }
}
