//! What programs that run very many small simulations allocate with: mimalloc, behind a few lists of small blocks that a
//! thread has freed and takes again. A small run makes a hundred allocations and frees them all.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;

use libmimalloc_sys as mi;

/// To be named by a program: `#[global_allocator] static GLOBAL: SmallRuns = SmallRuns;`.
pub struct SmallRuns;

/// The step between the sizes of small blocks, and what each is aligned to: like any C allocator, mimalloc aligns a block
/// of so many bytes for everything that fits into it.
const STEP: usize = 16;
/// How many sizes of small blocks there are.
const SIZES: usize = 64;
/// How many blocks of one size a thread keeps.
const KEPT: u32 = 32;

/// Freed blocks of one size. The first word of each is the address of the next.
#[derive(Clone, Copy)]
struct Spare {
    first: *mut *mut u8,
    /// How many more are kept. None before the thread has seen to it that they are given back when it ends.
    room: u32,
}

type Lists = [Spare; SIZES];

thread_local! {
    /// By size. It has no destructor: asking whether one has to be registered would cost as much as all the rest.
    static SPARE: UnsafeCell<Lists> = const { UnsafeCell::new([Spare { first: null_mut(), room: 0 }; SIZES]) };
    static GUARD: Guard = const { Guard(Cell::new(false)) };
}

/// What this does to the lists of this thread, which is no allocating, freeing, or asking for them again.
fn lists<T>(then: impl FnOnce(&mut Lists) -> T) -> T {
    // SAFETY: no other thread has them, nor has anybody on this one while `then` has.
    SPARE.with(|spare| unsafe { then(&mut *spare.get()) })
}

/// Which of the sizes a block like this has; `None`: it is no small one.
const fn class_of(layout: Layout) -> Option<usize> {
    let k = layout.size().wrapping_sub(1) / STEP; // no bytes: the largest number of all
    if k < SIZES && layout.align() <= STEP { Some(k) } else { None }
}

/// A freed block of this size, null if there is none.
fn take(k: usize) -> *mut u8 {
    lists(|lists| {
        let spare = &mut lists[k];
        let block = spare.first;
        if !block.is_null() {
            // SAFETY: blocks in a list are nobody else's and hold the address of the next.
            spare.first = unsafe { (*block).cast() };
            spare.room += 1;
        }
        block.cast()
    })
}

/// Keeps a freed block, if there is room.
///
/// # Safety
///
/// The block has this size, is aligned for an address, and belongs to nobody any more.
unsafe fn keep(k: usize, block: *mut u8) -> bool {
    lists(|lists| {
        let spare = &mut lists[k];
        let room = spare.room > 0;
        if room {
            let block: *mut *mut u8 = block.cast();
            // SAFETY: as the caller says.
            unsafe { block.write(spare.first.cast()) };
            spare.first = block;
            spare.room -= 1;
        }
        room
    })
}

/// Opens the lists of a thread and gives everything back when it ends.
struct Guard(Cell<bool>);

impl Guard {
    /// Makes room in all lists, the first time.
    fn open(&self) -> bool {
        let first = !self.0.replace(true);
        if first {
            lists(|lists| lists.iter_mut().for_each(|spare| spare.room = KEPT));
        }
        first
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        for k in 0..SIZES {
            loop {
                let block = take(k);
                if block.is_null() {
                    break;
                }
                // SAFETY: from mimalloc, and in no list any more.
                unsafe { mi::mi_free(block.cast()) }
            }
            lists(|lists| lists[k].room = 0);
        }
    }
}

/// Frees a block that finds no room.
///
/// # Safety
///
/// As of [`keep`].
#[cold]
unsafe fn give_back(k: usize, block: *mut u8) {
    // SAFETY: as the caller says.
    unsafe {
        if !(GUARD.try_with(Guard::open).unwrap_or(false) && keep(k, block)) {
            mi::mi_free(block.cast());
        }
    }
}

// SAFETY: all memory comes from mimalloc and goes back to it or to a list of its own size; blocks have at least the size
// and alignment that were asked for.
unsafe impl GlobalAlloc for SmallRuns {
    // Neither is inlined: they make so much of every caller that less is inlined there, and no compiler is to know that an
    // address is written into a freed block of less than eight bytes.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size and any power of two may be asked for.
        unsafe {
            match class_of(layout) {
                Some(k) => match take(k) {
                    block if block.is_null() => mi::mi_malloc((k + 1) * STEP).cast(),
                    block => block,
                },
                // A large one is aligned for everything.
                None if layout.align() <= STEP => mi::mi_malloc(layout.size()).cast(),
                None => mi::mi_malloc_aligned(layout.size(), layout.align()).cast(),
            }
        }
    }
    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's `block` is from here, and is given back.
        unsafe {
            match class_of(layout) {
                Some(k) if keep(k, block) => {}
                Some(k) => give_back(k, block),
                None => mi::mi_free(block.cast()),
            }
        }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(_) => {
                // SAFETY: a block of this size.
                unsafe {
                    let block = self.alloc(layout);
                    if !block.is_null() {
                        block.write_bytes(0, layout.size());
                    }
                    block
                }
            }
            // SAFETY: as above.
            None => unsafe { mi::mi_zalloc_aligned(layout.size(), layout.align()).cast() },
        }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return null_mut() };
        // SAFETY: the caller's `block` is from here, as large as its layout says.
        unsafe {
            match (class_of(layout), class_of(wanted)) {
                (Some(has), Some(wants)) if has == wants => block,
                (None, None) => mi::mi_realloc_aligned(block.cast(), size, layout.align()).cast(),
                _ => {
                    let other = self.alloc(wanted);
                    if !other.is_null() {
                        other.copy_from_nonoverlapping(block, size.min(layout.size()));
                        self.dealloc(block, layout);
                    }
                    other
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn aligned(block: *mut u8, to: usize) -> bool {
        !block.is_null() && block.addr().is_multiple_of(to)
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn blocks_are_aligned_and_keep_what_is_in_them() {
        for (size, align) in (1..600).flat_map(|size| [1, 2, 4, 8, 16, 32, 64].map(|align| (size, align))) {
            let layout = |size| layout(size, align);
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

    /// More blocks at once than are kept, of every size, also those that another thread had: all different, none written
    /// over, and what was freed is zero where zeros are asked for.
    #[test]
    fn no_block_has_two_owners() {
        const MANY: usize = 3 * KEPT as usize;
        let fill = |mark: u8| -> Vec<(usize, usize)> {
            let sizes = (1..STEP * SIZES + 40).step_by(7).flat_map(|size| [size; MANY]);
            // SAFETY: every block is written within its size.
            let made = sizes.map(|size| unsafe {
                let block = SmallRuns.alloc_zeroed(layout(size, 8));
                assert!((0..size).all(|k| *block.add(k) == 0));
                block.write_bytes(mark, size);
                (block.expose_provenance(), size)
            });
            made.collect()
        };
        let free = |blocks: Vec<(usize, usize)>, mark: u8| {
            for (block, size) in blocks {
                let block: *mut u8 = std::ptr::with_exposed_provenance_mut(block);
                // SAFETY: made by `fill` and freed once.
                unsafe {
                    assert!((0..size).all(|k| *block.add(k) == mark));
                    SmallRuns.dealloc(block, layout(size, 8));
                }
            }
        };
        for _ in 0..3 {
            let (one, two) = (fill(1), fill(2));
            std::thread::scope(|s| s.spawn(|| free(one, 1)).join()).unwrap();
            let three = fill(3);
            free(two, 2);
            free(three, 3);
        }
    }

    #[test]
    fn a_thread_keeps_so_many_blocks_and_no_more() {
        let size = STEP * SIZES;
        let spare = |size: usize| KEPT - lists(|lists| lists[class_of(layout(size, 1)).unwrap()].room);
        // SAFETY: any size may be asked for.
        let blocks: Vec<_> = (0..KEPT + 5).map(|_| unsafe { SmallRuns.alloc(layout(size, 1)) }).collect();
        // SAFETY: from here, once.
        blocks.into_iter().for_each(|block| unsafe { SmallRuns.dealloc(block, layout(size, 1)) });
        assert_eq!(spare(size), KEPT);
        // SAFETY: from here, once.
        unsafe {
            let block = SmallRuns.alloc(layout(size, 1));
            assert_eq!(spare(size), KEPT - 1);
            SmallRuns.dealloc(block, layout(size, 1));
        }
        assert_eq!(class_of(layout(size + 1, 1)), None);
        assert_eq!(class_of(layout(0, 1)), None);
        assert_eq!(class_of(layout(8, 32)), None);
    }

    /// What is freed while a thread ends, after it has given back what it kept.
    struct Late {
        block: *mut u8,
        empty: Arc<AtomicBool>,
    }
    impl Drop for Late {
        fn drop(&mut self) {
            // SAFETY: from here, once.
            unsafe { SmallRuns.dealloc(self.block, layout(48, 8)) };
            let empty = lists(|lists| lists.iter().all(|spare| spare.first.is_null() && spare.room == 0));
            self.empty.store(empty, Ordering::Relaxed);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }

    #[test]
    fn a_thread_that_ends_gives_everything_back() {
        let empty = Arc::new(AtomicBool::new(false));
        let told = empty.clone();
        let ends = move || {
            // SAFETY: any size may be asked for, and both blocks are freed once.
            unsafe {
                let [block, other] = [(); 2].map(|()| SmallRuns.alloc(layout(48, 8)));
                // Destructors run in reverse: this one has to be known before that of the lists.
                LATE.set(Some(Late { block, empty: told }));
                SmallRuns.dealloc(other, layout(48, 8));
            }
            assert!(lists(|lists| !lists[2].first.is_null() && lists[2].room == KEPT - 1));
        };
        std::thread::spawn(ends).join().unwrap();
        assert!(empty.load(Ordering::Relaxed));
    }
}
