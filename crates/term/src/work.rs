//! Counts the work done on cells and rows, so that tests can bound it without a clock.

#[cfg(test)]
thread_local! {
    static DONE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Notes that `cells` cells, or rows, were touched. Free outside tests.
#[inline]
pub(crate) fn count(cells: usize) {
    #[cfg(test)]
    DONE.set(DONE.get() + cells);
    #[cfg(not(test))]
    let _ = cells;
}

/// The work of this thread so far.
#[cfg(test)]
pub(crate) fn done() -> usize {
    DONE.get()
}
