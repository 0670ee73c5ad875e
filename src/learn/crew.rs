//! Threads that share the work of a step.
//!
//! A step has a few parts that go to all threads, of some 100 µs each. A thread that sleeps takes 20 µs to wake, at the
//! beginning of a part as at its end: a fifth of the part. So the threads that had work stay awake from one part to the
//! next, each on its core, for a bounded time; what the next one waits for has then come, as a rule.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a thread waits without sleeping: several times what a step does outside of its parts (35 µs at width 100).
const PATIENCE: Duration = Duration::from_micros(200);

/// Worker threads beside the caller's own.
#[derive(Clone)]
pub(crate) struct Crew {
    pool: Option<Arc<rayon::ThreadPool>>,
    /// How many parts have begun.
    begun: Arc<AtomicUsize>,
}

impl Crew {
    pub(crate) fn new(threads: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = match threads {
            0 | 1 => None,
            _ => Some(Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads - 1).build()?)),
        };
        Ok(Self { pool, begun: Arc::default() })
    }

    pub(crate) fn threads(&self) -> usize {
        self.pool.as_ref().map_or(1, |pool| pool.current_num_threads() + 1)
    }

    /// Does `work` on every item: the first here, the others on the workers.
    pub(crate) fn each<I: Send>(&self, items: &mut [I], work: impl Fn(&mut I) + Sync) {
        let Some(pool) = self.pool.as_ref().filter(|_| items.len() > 1) else {
            return items.iter_mut().for_each(work);
        };
        let (own, others) = items.split_at_mut(1);
        let awake = others.len().min(pool.current_num_threads());
        let part = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let open = AtomicUsize::new(others.len());
        pool.in_place_scope(|scope| {
            let (work, open) = (&work, &open);
            for item in others {
                scope.spawn(move |_| {
                    work(item);
                    open.fetch_sub(1, Ordering::Release);
                });
            }
            work(&mut own[0]);
            wait_until(|| open.load(Ordering::Acquire) == 0);
        });
        for _ in 0..awake {
            let begun = self.begun.clone();
            pool.spawn(move || wait_until(|| begun.load(Ordering::Relaxed) != part));
        }
    }
}

/// Waits without sleeping until something has come, or patience has ended.
fn wait_until(has_come: impl Fn() -> bool) {
    let start = Instant::now();
    while !has_come() && start.elapsed() < PATIENCE {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_by_any_number_of_threads() {
        for threads in [1, 2, 3] {
            let crew = Crew::new(threads).unwrap();
            for count in 0..5 {
                let mut items: Vec<usize> = (0..count).collect();
                for _ in 0..20 {
                    crew.each(&mut items, |item| *item += 10);
                }
                assert_eq!(items, (0..count).map(|item| item + 200).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn waiting_ends_when_nothing_comes() {
        let start = Instant::now();
        wait_until(|| false);
        assert!(start.elapsed() >= PATIENCE);
    }
}
