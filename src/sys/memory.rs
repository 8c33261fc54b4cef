//! Memory that is given back empty.
#![allow(unsafe_code)] // an allocator is a promise about memory

use nix::libc::explicit_bzero;
use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, which overwrites what is freed: an address that has served its purpose is not found in
/// the process any more, by whoever breaks into it later. `benches/run` sees no difference.
pub struct Forgetful;

// SAFETY: everything is done by the system's allocator with the layout it was asked for; what is overwritten
// belongs to the caller until then.
unsafe impl GlobalAlloc for Forgetful {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator wants.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    // `realloc` is the trait's own: a new place, a copy, and the old place freed here.

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the place is `layout.size()` octets long, and ours until the next line. A plain loop might be
        // left out by the compiler, since nobody reads what it writes.
        unsafe {
            explicit_bzero(place.cast(), layout.size());
            System.dealloc(place, layout);
        }
    }
}

/// Overwrites octets with zeros, even if nobody reads them afterwards.
pub fn wipe(octets: &mut [u8]) {
    // SAFETY: pointer and length are those of a live slice that nobody else uses.
    unsafe { explicit_bzero(octets.as_mut_ptr().cast(), octets.len()) }
}
