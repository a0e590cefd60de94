//! The stores keep the same rules as the model: random sequences give the same answers and dumps.
//!
//! `FAIRLANE_SEED=123` runs the one sequence of that seed; `FAIRLANE_SEQUENCES=100000` runs more,
//! from seed `FAIRLANE_FIRST` on.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fairlane::QueueOptions;
use fairlane::clock::ManualClock;
use fairlane::store::model::ModelStore;
use fairlane::store::sqlite::SqliteStore;
use fairlane_tests::differential::{
    Coverage, Difference, Sequence, Subject, run, sequence, shrink,
};
use fairlane_tests::stores::DAWN;

const SEQUENCES: u64 = 10_000;

fn options(sequence: &Sequence, clock: &Arc<ManualClock>) -> QueueOptions {
    QueueOptions {
        max_failed: sequence.max_failed,
        clock: Arc::clone(clock) as _,
        ..QueueOptions::default()
    }
}

/// Runs a sequence on fresh stores.
fn compare(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    let clock = Arc::new(ManualClock::new(DAWN));
    let options = options(sequence, &clock);
    let mut subjects = [
        Subject::passing("model", Arc::new(ModelStore::new(&options, 0xfa1e))),
        Subject::passing("sqlite", Arc::new(SqliteStore::in_memory("test", &options).unwrap())),
    ];
    run(sequence, &mut subjects, &clock, coverage)
}

fn report(seed: u64, difference: Difference) -> String {
    let fails = |sequence: &Sequence| compare(sequence, &mut Coverage::default()).err();
    let (shortest, difference) = shrink(sequence(seed), difference, fails);
    let mut report = format!(
        "stores differ; FAIRLANE_SEED={seed} cargo test -p fairlane-tests --test differential \
         runs this again, in short (max_failed {}):\n",
        shortest.max_failed
    );
    for (index, operation) in shortest.operations.iter().enumerate() {
        report += &format!("{index:>4}  {operation}\n");
    }
    report + &difference.to_string()
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is not a number")))
}

/// Runs the sequences of `seeds` on all processors; gives what came up.
fn run_all(seeds: Range<u64>) -> Coverage {
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let total = Mutex::new(Coverage::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut coverage = Coverage::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failed.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Err(difference) = compare(&sequence(seed), &mut coverage) {
                        failed.store(true, Ordering::Relaxed);
                        panic!("{}", report(seed, difference));
                    }
                }
                total.lock().unwrap().add(&coverage);
            });
        }
    });
    total.into_inner().unwrap()
}

#[test]
fn stores_agree_with_the_model_on_random_sequences() {
    if let Some(seed) = number("FAIRLANE_SEED") {
        if let Err(difference) = compare(&sequence(seed), &mut Coverage::default()) {
            panic!("{}", report(seed, difference));
        }
        return;
    }
    let first = number("FAIRLANE_FIRST").unwrap_or(0);
    let coverage = run_all(first..first + number("FAIRLANE_SEQUENCES").unwrap_or(SEQUENCES));
    println!("{coverage}");
    assert_eq!(coverage.missing(), [""; 0], "events that never came up");
}
