//! What programs that run very many small simulations allocate with: mimalloc, without the detour that its Rust binding
//! takes for alignments which it gives anyway. A small run makes a hundred allocations.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mi;

/// To be named by a program: `#[global_allocator] static GLOBAL: SmallRuns = SmallRuns;`.
pub struct SmallRuns;

/// Whether every block of this size is aligned like this anyway: like any C allocator, mimalloc aligns a block for
/// everything that fits into it, up to 16 bytes.
const fn anyway(layout: Layout) -> bool {
    layout.align() <= 16 && layout.align() <= layout.size()
}

// SAFETY: all memory comes from mimalloc and goes back to it; blocks have the size and alignment that were asked for.
unsafe impl GlobalAlloc for SmallRuns {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size and any power of two may be asked for.
        unsafe {
            if anyway(layout) {
                mi::mi_malloc(layout.size()).cast()
            } else {
                mi::mi_malloc_aligned(layout.size(), layout.align()).cast()
            }
        }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { mi::mi_zalloc_aligned(layout.size(), layout.align()).cast() }
    }
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller's `block` is from here.
        unsafe { mi::mi_free(block.cast()) }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { mi::mi_realloc_aligned(block.cast(), size, layout.align()).cast() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(block: *mut u8, to: usize) -> bool {
        !block.is_null() && block.addr().is_multiple_of(to)
    }

    #[test]
    fn blocks_are_aligned_and_keep_what_is_in_them() {
        for (size, align) in (1..600).flat_map(|size| [1, 2, 4, 8, 16, 32, 64].map(|align| (size, align))) {
            let layout = |size| Layout::from_size_align(size, align).unwrap();
            // SAFETY: every block is used within its size, and resized and freed as its layout says.
            unsafe {
                let block = SmallRuns.alloc_zeroed(layout(size));
                assert!(aligned(block, align) && (0..size).all(|k| *block.add(k) == 0));
                let other = SmallRuns.alloc(layout(size));
                assert!(aligned(other, align) && other != block);
                (0..size).for_each(|k| block.add(k).write(k as u8));
                other.write_bytes(0xff, size);
                let grown = SmallRuns.realloc(block, layout(size), size + 99);
                assert!(aligned(grown, align) && (0..size).all(|k| *grown.add(k) == k as u8));
                let shrunk = SmallRuns.realloc(grown, layout(size + 99), size.div_ceil(2));
                assert!(aligned(shrunk, align) && (0..size.div_ceil(2)).all(|k| *shrunk.add(k) == k as u8));
                SmallRuns.dealloc(shrunk, layout(size.div_ceil(2)));
                SmallRuns.dealloc(other, layout(size));
            }
        }
    }
}
