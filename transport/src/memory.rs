//! One hint to the allocator.

/// Lets the process keep the memory it frees, up to tens of megabytes, instead of giving it back to the system.
///
/// Bulk protocols allocate and free some megabytes for every batch. The GNU allocator returns such blocks to the system
/// each time, and fetching them again page by page costs more than a fourth of the time of a triple; but it keeps blocks
/// as large as the largest one that it has seen freed. So this frees a large one that was never touched. Call it once
/// when a program starts; with other allocators it does nothing.
pub fn keep_freed_memory() {
    const LARGEST_KEPT: usize = 32 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST_KEPT - (1 << 16))));
}
