//! One look for all who ask the same thing at the same time.
//!
//! # Invariants
//!
//! 1. Of each thing there is one look at a time. Who asks meanwhile shares the next one with
//!    all others who do: nobody hears what was seen before they asked.
//! 2. A look goes on although who asked for it has gone: others may wait for the next.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// Those who wait for a look at one thing.
type Waiting<V> = Vec<oneshot::Sender<V>>;

/// What is being looked at, with those who wait for the look after this one.
#[derive(Debug)]
pub struct Gathering<K, V> {
    next: Mutex<HashMap<K, Waiting<V>>>,
}

impl<K, V> Default for Gathering<K, V> {
    fn default() -> Self {
        Self { next: Mutex::default() }
    }
}

impl<K, V> Gathering<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// What a look at this thing finds, on a thread that may wait; nothing if it broke off.
    pub async fn see(
        self: &Arc<Self>,
        thing: K,
        look: impl Fn(&K) -> V + Send + Sync + 'static,
    ) -> Option<V> {
        let (done, found) = oneshot::channel();
        if let Some(first) = self.join(&thing, done) {
            tokio::spawn(Arc::clone(self).looks(thing, vec![first], Arc::new(look)));
        }
        found.await.ok()
    }

    /// Waits for the look after the one that is under way. Who is given back is the first.
    fn join(&self, thing: &K, done: oneshot::Sender<V>) -> Option<oneshot::Sender<V>> {
        let mut next = self.next();
        if let Some(waiting) = next.get_mut(thing) {
            waiting.push(done);
            return None;
        }
        next.insert(thing.clone(), Vec::new());
        Some(done)
    }

    /// Looks until nobody waits any more.
    async fn looks<L>(self: Arc<Self>, thing: K, mut waiting: Waiting<V>, look: Arc<L>)
    where
        L: Fn(&K) -> V + Send + Sync + 'static,
    {
        while !waiting.is_empty() {
            let (look, at) = (Arc::clone(&look), thing.clone());
            // Who waits for one that breaks off hears that by the silence.
            if let Ok(found) = spawn_blocking(move || look(&at)).await {
                for done in waiting {
                    // Who asked may be gone.
                    drop(done.send(found.clone()));
                }
            }
            waiting = self.take_next(&thing);
        }
    }

    /// Those for whom it is looked again; if there is nobody, the thing is forgotten.
    fn take_next(&self, thing: &K) -> Waiting<V> {
        let mut next = self.next();
        let waiting = next.get_mut(thing).map(std::mem::take).unwrap_or_default();
        if waiting.is_empty() {
            next.remove(thing);
        }
        waiting
    }

    fn next(&self) -> MutexGuard<'_, HashMap<K, Waiting<V>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_asks_during_a_look_shares_the_next_one() {
        let gathering = Arc::new(Gathering::<u8, usize>::default());
        let looks = Arc::new(AtomicUsize::new(0));
        let (go, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let (began, mut beginnings) = tokio::sync::mpsc::channel(2);
        let ask = || {
            let (gathering, looks) = (Arc::clone(&gathering), Arc::clone(&looks));
            let (gate, began) = (Arc::clone(&gate), began.clone());
            tokio::spawn(async move {
                let look = move |_: &u8| {
                    began.blocking_send(()).unwrap();
                    gate.lock().unwrap().recv().unwrap();
                    looks.fetch_add(1, Ordering::SeqCst) + 1
                };
                gathering.see(7, look).await
            })
        };
        let first = ask();
        beginnings.recv().await.unwrap();
        let others = [ask(), ask(), ask()];
        while gathering.next().get(&7).is_none_or(|waiting| waiting.len() < others.len()) {
            tokio::task::yield_now().await;
        }
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Some(1));
        go.send(()).unwrap();
        for other in others {
            assert_eq!(other.await.unwrap(), Some(2), "one look for the three");
        }
        while !gathering.next().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_look_that_breaks_off_leaves_room_for_the_next() {
        let gathering = Arc::new(Gathering::<u8, u8>::default());
        assert_eq!(gathering.see(7, |_| panic!("a look that breaks off")).await, None);
        while !gathering.next().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(gathering.see(7, |thing| *thing).await, Some(7));
    }
}
