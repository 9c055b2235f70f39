//! Pools of values that many cells share: styles, clusters and links.
//!
//! A cell holds a small [`Id`]. Nothing counts references: now and then the owner marks
//! every id that is still in use and sweeps the rest.
//!
//! # Invariants
//!
//! 1. An id means the same value until a sweep that does not find it marked.
//! 2. Between two sweeps at least [`Pool::FLOOR`] values, and a sixteenth as many as there
//!    are cells, were added or refused, so marking costs a bounded share of the input.
//! 3. A pool never holds more than its limit; what does not fit is refused.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};

/// Names a value in a [`Pool`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(crate) u32);

impl Id {
    /// Names nothing: the default style, no link.
    pub(crate) const NONE: Self = Self(0);
}

/// What [`Pool::find`] says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is there.
    Here(Id),
    /// It is not there and may be added.
    Room,
    /// The pool is to be swept before anything is added.
    Sweep,
    /// The pool is full.
    Full,
}

/// The ids that are in use, gathered before a sweep.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<u64>);

impl Marks {
    pub(crate) fn set(&mut self, id: Id) {
        let word = id.0 as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (id.0 % 64);
    }

    pub(crate) fn has(&self, id: Id) -> bool {
        self.0.get(id.0 as usize / 64).is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }
}

/// Values of one kind, each kept once. A clone of a value should cost little.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    /// The value of id `n` is at `n - 1`; `None` is free.
    slots: Vec<Option<T>>,
    free: Vec<Id>,
    index: HashMap<T, Id, Seeded>,
    limit: usize,
    sweep_at: usize,
    /// How many more values are refused before a full pool is swept again.
    patience: usize,
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// No pool is swept before it holds this many.
    pub(crate) const FLOOR: usize = 1024;

    pub(crate) fn new(limit: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::with_hasher(Seeded::default()),
            limit,
            sweep_at: limit.min(Self::FLOOR),
            patience: 0,
        }
    }

    pub(crate) fn get(&self, id: Id) -> Option<&T> {
        self.slots.get((id.0 as usize).wrapping_sub(1))?.as_ref()
    }

    pub(crate) fn find(&mut self, value: &T) -> Found {
        if let Some(&id) = self.index.get(value) {
            return Found::Here(id);
        }
        if self.index.len() < self.sweep_at {
            return Found::Room;
        }
        if self.patience > 0 {
            self.patience -= 1;
            return Found::Full;
        }
        Found::Sweep
    }

    /// Adds a value that [`Pool::find`] said there is room for.
    pub(crate) fn add(&mut self, value: T) -> Id {
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            Id(u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
        });
        self.slots[id.0 as usize - 1] = Some(value.clone());
        self.index.insert(value, id);
        id
    }

    /// Forgets every value that is not marked. `cells` is how many cells were looked at.
    pub(crate) fn sweep(&mut self, marks: &Marks, cells: usize) {
        self.index.retain(|_, id| marks.has(*id));
        self.free.clear();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let id = Id(u32::try_from(at + 1).unwrap_or(u32::MAX));
            if !marks.has(id) {
                *slot = None;
                self.free.push(id);
            }
        }
        let step = Self::FLOOR.max(cells / 16);
        self.sweep_at = (self.index.len() + step.max(self.index.len())).min(self.limit);
        self.patience = if self.index.len() > self.limit / 4 * 3 { step } else { 0 };
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Id, &T)> {
        self.index.iter().map(|(value, id)| (*id, value))
    }
}

/// Hashes small values quickly, with a seed that a program cannot know.
#[derive(Clone, Debug)]
struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer { state: self.0, seed: self.0 | 1 }
    }
}

/// Folds each word in with a wide multiplication.
#[derive(Debug)]
struct Mixer {
    state: u64,
    seed: u64,
}

/// An odd number without a pattern.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word) ^ (chunk.len() as u64) << 56);
        }
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        let wide = u128::from(self.state ^ word) * u128::from(self.seed ^ ODD);
        self.state = (wide as u64) ^ ((wide >> 64) as u64) ^ self.seed.rotate_left(23);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pool: &mut Pool<u32>, value: u32) -> Option<Id> {
        match pool.find(&value) {
            Found::Here(id) => Some(id),
            Found::Room => Some(pool.add(value)),
            Found::Sweep | Found::Full => None,
        }
    }

    #[test]
    fn a_value_is_kept_once() {
        let mut pool = Pool::new(10);
        let first = put(&mut pool, 5);
        assert_eq!(put(&mut pool, 5), first);
        assert_ne!(put(&mut pool, 6), first);
    }

    #[test]
    fn a_sweep_keeps_what_is_marked_and_frees_the_rest() {
        let mut pool = Pool::new(3);
        let kept = put(&mut pool, 1).unwrap();
        let (_, _) = (put(&mut pool, 2), put(&mut pool, 3));
        assert_eq!(pool.find(&4), Found::Sweep);
        let mut marks = Marks::default();
        marks.set(kept);
        pool.sweep(&marks, 0);
        assert_eq!(pool.find(&1), Found::Here(kept));
        assert_eq!(pool.find(&2), Found::Room);
    }

    #[test]
    fn a_full_pool_refuses_for_a_while_instead_of_sweeping_each_time() {
        let mut pool = Pool::new(2);
        let mut marks = Marks::default();
        marks.set(put(&mut pool, 1).unwrap());
        marks.set(put(&mut pool, 2).unwrap());
        pool.sweep(&marks, 0);
        let refused = (0..Pool::<u32>::FLOOR).filter(|_| pool.find(&9) == Found::Full).count();
        assert_eq!(refused, Pool::<u32>::FLOOR);
        assert_eq!(pool.find(&9), Found::Sweep);
    }
}
