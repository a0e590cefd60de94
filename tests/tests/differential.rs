//! The stores keep the same rules as the model: random sequences give the same answers and dumps.
//!
//! `FAIRLANE_SEED=123` runs the one sequence of that seed; `FAIRLANE_SEQUENCES=100000` runs more,
//! from seed `FAIRLANE_FIRST` on.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fairlane::clock::ManualClock;
use fairlane::random::Random;
use fairlane::store::model::ModelStore;
use fairlane::store::redis::driver::Address;
use fairlane::store::redis::{RedisStore, open_shards};
use fairlane::store::sharded::{Enter, Listen, Sharded};
use fairlane::store::sqlite::SqliteStore;
use fairlane::{Durability, Error, ErrorCode, QueueOptions};
use fairlane_tests::differential::{
    Coverage, Crew, Difference, Sequence, Subject, run, sequence, sequence_with_reopenings, shrink,
};
use fairlane_tests::environment::number;
use fairlane_tests::redis::{RedisCluster, RedisServer};
use fairlane_tests::stores::DAWN;

const SEQUENCES: u64 = 10_000;
const SEQUENCES_ON_REDIS: u64 = 5_000;
const SEQUENCES_ON_DISK: u64 = 300;
const SEQUENCES_BY_PROCESSES: u64 = 300;
const SEQUENCES_ON_A_CLUSTER: u64 = 300;
const SHARDS: u32 = 4;
const PROGRAM: &str = env!("CARGO_BIN_EXE_differential_process");

/// A way to compare a store with the model.
#[derive(Clone, Copy)]
struct Comparison {
    test: &'static str,
    sequence: fn(u64) -> Sequence,
    run: fn(&Sequence, &mut Coverage) -> Result<(), Difference>,
    /// The events that cannot come up.
    lacks: &'static [&'static str],
}

fn in_memory(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    let (clock, options) = options(sequence);
    let store = SqliteStore::in_memory("test", &options).unwrap();
    let mut other = Subject::passing("sqlite in memory", Arc::new(store));
    run(sequence, &mut model(&options), &mut other, &clock, coverage)
}

fn on_disk(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    let (clock, options) = options(sequence);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.db");
    let terms = options.clone();
    let open = move || Arc::new(SqliteStore::open(&path, "test", &terms).unwrap()) as _;
    let mut other = Subject::lasting("sqlite on disk", Box::new(open));
    run(sequence, &mut model(&options), &mut other, &clock, coverage)
}

fn on_redis(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    let (clock, options) = options(sequence);
    thread_local! {
        static SERVER: RedisServer = RedisServer::start(&[]);
    }
    let address = SERVER.with(|server| {
        server.command::<()>(&["FLUSHALL"]);
        Address::parse(&server.url()).unwrap()
    });
    let terms = options.clone();
    let open = move || Arc::new(RedisStore::open(address.clone(), "test", &terms).unwrap()) as _;
    let mut other = Subject::lasting("redis", Box::new(open));
    run(sequence, &mut model(&options), &mut other, &clock, coverage)
}

#[test]
fn redis_agrees_with_the_model() {
    let comparison =
        Comparison { test: "redis_agrees_with_the_model", sequence, run: on_redis, lacks: &[] };
    comparison.check_as_told(SEQUENCES_ON_REDIS, u64::MAX);
}

/// The cluster of the one test that needs it. It ends with the test: what belongs to a thread may not
/// have ended when the process does.
static CLUSTER: Mutex<Option<RedisCluster>> = Mutex::new(None);

struct EndCluster;

impl Drop for EndCluster {
    fn drop(&mut self) {
        drop(CLUSTER.lock().map(|mut cluster| cluster.take()));
    }
}

/// Spreads the queue and the model over shards in the same way: so each shard of the queue is held
/// against one of the model, and both go through the code that joins them.
fn on_a_cluster(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let (clock, mut options) = options(sequence);
    // Pops begin at the first shard, here and there.
    options.random = Arc::new(Lowest);
    let url = CLUSTER.lock().unwrap().as_ref().unwrap().url() + &format!("?shards={SHARDS}");
    let address = Address::parse(&url).unwrap();
    let name = format!("test {}", MADE.fetch_add(1, Ordering::Relaxed));
    let queue = open_shards(&address, &name, &options).unwrap();
    let shard = |number| Arc::new(ModelStore::new(&options, 0xfa1e + number));
    let enter: Enter<ModelStore> = |_| Err(Error::new(ErrorCode::Unsupported, "models only pop"));
    let listen: Listen<ModelStore> =
        |_, _| Err(Error::new(ErrorCode::Unsupported, "models only pop"));
    let model = Sharded::new((0..SHARDS).map(shard).collect(), 0, enter, listen).unwrap();
    let mut model = Subject::passing("model", Arc::new(model));
    run(sequence, &mut model, &mut Subject::passing("cluster", Arc::new(queue)), &clock, coverage)
}

/// Draws nothing but the lowest number.
struct Lowest;

impl Random for Lowest {
    fn unit(&self) -> f64 {
        0.0
    }
}

#[test]
fn shards_on_a_cluster_agree_with_the_model() {
    let comparison = Comparison {
        test: "shards_on_a_cluster_agree_with_the_model",
        sequence,
        run: on_a_cluster,
        lacks: &["queue's rate was in use"],
    };
    *CLUSTER.lock().unwrap() = Some(RedisCluster::steady(""));
    let _end = EndCluster;
    comparison.check_as_told(SEQUENCES_ON_A_CLUSTER, SEQUENCES_ON_A_CLUSTER);
}

fn by_processes(sequence: &Sequence, coverage: &mut Coverage) -> Result<(), Difference> {
    thread_local! {
        static CREW: RefCell<Crew> = RefCell::new(Crew::start(PROGRAM, 3).unwrap());
    }
    let (clock, options) = options(sequence);
    CREW.with_borrow_mut(|crew| {
        crew.begin(sequence);
        run(sequence, &mut model(&options), crew, &clock, coverage)
    })
}

fn options(sequence: &Sequence) -> (Arc<ManualClock>, QueueOptions) {
    let clock = Arc::new(ManualClock::new(DAWN));
    let options = QueueOptions {
        durability: Durability::Normal,
        max_failed: sequence.max_failed,
        clock: Arc::clone(&clock) as _,
        ..QueueOptions::default()
    };
    (clock, options)
}

fn model(options: &QueueOptions) -> Subject {
    Subject::passing("model", Arc::new(ModelStore::new(options, 0xfa1e)))
}

impl Comparison {
    fn check(self, seed: u64, coverage: &mut Coverage) {
        if let Err(difference) = (self.run)(&(self.sequence)(seed), coverage) {
            panic!("{}", self.report(seed, difference));
        }
    }

    fn report(self, seed: u64, difference: Difference) -> String {
        let fails = |sequence: &Sequence| (self.run)(sequence, &mut Coverage::default()).err();
        let (shortest, difference) = shrink((self.sequence)(seed), difference, fails);
        let mut report = format!(
            "stores differ; FAIRLANE_SEED={seed} cargo test -p fairlane-tests --test differential \
             {} runs this again, in short (max_failed {}):\n",
            self.test, shortest.max_failed
        );
        for (index, step) in shortest.steps.iter().enumerate() {
            report += &format!("{index:>4}  {}\n", step.operation);
        }
        report + &difference.to_string()
    }

    /// Runs the sequences of `seeds` on all processors; gives what came up.
    fn check_all(self, seeds: Range<u64>) -> Coverage {
        let (next, failed) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
        let total = Mutex::new(Coverage::default());
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    let mut coverage = Coverage::default();
                    let _told = TellFailure(&failed);
                    while !failed.load(Ordering::Relaxed) {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            break;
                        }
                        self.check(seed, &mut coverage);
                    }
                    total.lock().unwrap().add(&coverage);
                });
            }
        });
        total.into_inner().unwrap()
    }

    /// Runs the one sequence that the environment names, or as many as it says, `usually` without
    /// it; never more than `at_most`.
    fn check_as_told(self, usually: u64, at_most: u64) {
        if let Some(seed) = number("FAIRLANE_SEED") {
            return self.check(seed, &mut Coverage::default());
        }
        let first = number("FAIRLANE_FIRST").unwrap_or(0);
        let count = number("FAIRLANE_SEQUENCES").unwrap_or(usually).min(at_most);
        let coverage = self.check_all(first..first + count);
        println!("{coverage}");
        // Fewer than usual are for a look, not for a proof.
        if count >= usually {
            assert_eq!(coverage.missing(), self.lacks, "events that never came up");
        }
    }
}

/// Has the other threads stop when one has failed.
struct TellFailure<'a>(&'a AtomicBool);

impl Drop for TellFailure<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn in_memory_agrees_with_the_model() {
    let comparison = Comparison {
        test: "in_memory_agrees_with_the_model",
        sequence,
        run: in_memory,
        lacks: &[],
    };
    comparison.check_as_told(SEQUENCES, u64::MAX);
}

#[test]
fn a_file_that_is_opened_again_and_again_agrees_with_the_model() {
    let comparison = Comparison {
        test: "a_file_that_is_opened_again_and_again_agrees_with_the_model",
        sequence: sequence_with_reopenings,
        run: on_disk,
        lacks: &[],
    };
    comparison.check_as_told(SEQUENCES_ON_DISK, SEQUENCES_ON_DISK);
}

#[test]
fn processes_that_take_turns_on_one_file_agree_with_the_model() {
    let comparison = Comparison {
        test: "processes_that_take_turns_on_one_file_agree_with_the_model",
        sequence,
        run: by_processes,
        lacks: &[],
    };
    comparison.check_as_told(SEQUENCES_BY_PROCESSES, SEQUENCES_BY_PROCESSES);
}
