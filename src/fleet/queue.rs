//! Work on many things side by side, done with in their order, with few of them in memory at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};

use crate::checks::engine;
use crate::error::Result;

/// So many things for each thread are begun before the first of them is done with.
const AHEAD: usize = 8;

/// Whether all there was to do was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was.
    Complete,
    /// Somebody wanted it to stop.
    Stopped,
}

/// Works on each item, on as many threads as there are processors, and hands over what came of
/// each in the order of the items. Nothing new is begun once `stop` is set.
///
/// # Errors
/// Those of `done`, which end the run.
pub fn in_order<I: Send, R: Send>(
    mut items: impl Iterator<Item = I>,
    work: &(dyn Fn(I) -> R + Sync),
    stop: &AtomicBool,
    mut done: impl FnMut(R) -> Result<()>,
) -> Result<Ended> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (give, jobs) = mpsc::sync_channel::<(usize, I)>(threads * AHEAD);
    let jobs = Mutex::new(jobs);
    let (hand_over, results) = mpsc::channel();
    std::thread::scope(|scope| {
        // Dropped here whichever way this ends, so that the threads end too.
        let give = give;
        for _ in 0..threads {
            let (jobs, hand_over) = (&jobs, hand_over.clone());
            scope.spawn(move || engine::on_a_large_stack(|| run(jobs, work, &hand_over)));
        }
        // Without one of its own here, a receiver notices that all threads are gone.
        drop(hand_over);
        let mut early: BTreeMap<usize, R> = BTreeMap::new();
        let (mut begun, mut finished) = (0, 0);
        let mut is_stopped = false;
        loop {
            while begun < finished + threads * AHEAD {
                is_stopped = is_stopped || stop.load(Ordering::Relaxed);
                let Some(item) = (!is_stopped).then(|| items.next()).flatten() else { break };
                if give.send((begun, item)).is_err() {
                    break;
                }
                begun += 1;
            }
            if finished == begun {
                return Ok(if is_stopped { Ended::Stopped } else { Ended::Complete });
            }
            let Ok((number, result)) = results.recv() else { return Ok(Ended::Stopped) };
            early.insert(number, result);
            while let Some(result) = early.remove(&finished) {
                finished += 1;
                done(result)?;
            }
        }
    })
}

fn run<I, R>(
    jobs: &Mutex<Receiver<(usize, I)>>,
    work: &(dyn Fn(I) -> R + Sync),
    hand_over: &Sender<(usize, R)>,
) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, item)) = job else { return };
        if hand_over.send((number, work(item))).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_come_in_order_and_few_are_held() {
        let most = Mutex::new((0_usize, 0_usize));
        let work = |item: usize| {
            let mut counts = most.lock().unwrap();
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
            item * 2
        };
        let mut seen = Vec::new();
        let ended = in_order(0..5_000, &work, &AtomicBool::new(false), |result| {
            most.lock().unwrap().0 -= 1;
            seen.push(result);
            Ok(())
        });
        assert_eq!(ended.unwrap(), Ended::Complete);
        assert_eq!(seen, (0..5_000).map(|item| item * 2).collect::<Vec<_>>());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        assert!(most.lock().unwrap().1 <= threads * AHEAD + 1);
    }

    #[test]
    fn it_stops_with_what_is_done_and_an_error_ends_it() {
        let stop = AtomicBool::new(false);
        let mut seen = 0;
        let ended = in_order(0..1_000_000, &|item: usize| item, &stop, |_| {
            seen += 1;
            if seen == 10 {
                stop.store(true, Ordering::Relaxed);
            }
            Ok(())
        });
        assert_eq!(ended.unwrap(), Ended::Stopped);
        assert!((10..1_000).contains(&seen), "{seen}");
        let wrong = |_| Err(Error::Usage("no".to_owned()));
        assert!(in_order(0..100, &|item: usize| item, &AtomicBool::new(false), wrong).is_err());
    }
}
