//! What a role counts.

use crate::wire::figures::{Figure, Figures};
use std::cell::RefCell;

/// Figures that are being counted.
#[derive(Default)]
pub struct Tally(RefCell<Figures>);

impl Tally {
    /// One more.
    pub fn count(&self, figure: Figure) {
        self.0.borrow_mut()[figure] += 1;
    }

    /// One less, of a gauge.
    pub fn leave(&self, figure: Figure) {
        let mut figures = self.0.borrow_mut();
        figures[figure] = figures[figure].saturating_sub(1);
    }

    /// Of a gauge that is known as a whole.
    pub fn set(&self, figure: Figure, value: u64) {
        self.0.borrow_mut()[figure] = value;
    }

    /// All of them, now.
    pub fn figures(&self) -> Figures {
        self.0.borrow().clone()
    }
}
