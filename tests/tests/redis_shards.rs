//! One queue spread over shards: what stays exact, what is refused, and who is woken.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use fairlane::{ErrorCode, Job, LimitsChange, NewJob, Queue, QueueOptions, Rate};
use fairlane_tests::redis::{RedisCluster, RedisServer, await_that};

const SHARDS: usize = 4;
const NOW: Duration = Duration::ZERO;
const LEASE: Duration = Duration::from_secs(60);
/// Longer than any worker sleeps that nobody calls.
const LONG: Duration = Duration::from_secs(60);
/// Less than a worker sleeps that nobody calls: five seconds.
const SOON: Duration = Duration::from_secs(4);
/// A lane of each shard.
const LANES: [&str; SHARDS] = ["tenant-7", "tenant-6", "tenant-9", "tenant-8"];

fn spread(url: &str) -> String {
    format!("{url}?shards={SHARDS}")
}

fn open(server: &RedisServer) -> Queue {
    Queue::open(&spread(&server.url()), "shards").unwrap()
}

fn shard(job: &Job) -> usize {
    (job.id.0 % SHARDS as u64) as usize
}

fn payload(job: &Job) -> &str {
    std::str::from_utf8(&job.payload).unwrap()
}

fn push_to_each(queue: &Queue, payload: &str) {
    let jobs = LANES.map(|lane| NewJob::new(payload).lane(lane));
    queue.push_many(jobs.to_vec()).unwrap();
}

#[test]
fn each_lane_is_on_one_shard_and_its_ids_tell_which() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    for number in 0..3 {
        push_to_each(&queue, &number.to_string());
    }
    let jobs = queue.pop_many(100, NOW, LEASE).unwrap();
    for (number, lane) in LANES.iter().enumerate() {
        let of_lane: Vec<&Job> = jobs.iter().filter(|job| job.lane == *lane).collect();
        assert!(of_lane.iter().all(|job| shard(job) == number), "{of_lane:?}");
        assert_eq!(of_lane.iter().map(|job| payload(job)).collect::<Vec<_>>(), ["0", "1", "2"]);
    }
    let ids: BTreeSet<_> = jobs.iter().map(|job| job.id).collect();
    assert_eq!(ids.len(), 12);
    for job in &jobs {
        assert_eq!(queue.get(job.id).unwrap().unwrap().lane, job.lane);
    }
    let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
    assert!(queue.mark_complete_many(&tokens).unwrap().iter().all(Result::is_ok));
    assert_eq!(queue.stats().unwrap().completed, 12);
    let error = queue.mark_complete(&tokens[7]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StaleToken);
    assert!(error.message().contains(&tokens[7].to_string()), "{error}");
}

#[test]
fn shards_take_turns_however_many_of_them_have_work() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    // Two neighbours, behind which two have nothing.
    for lane in &LANES[..2] {
        queue.push_many(vec![NewJob::new("").lane(*lane); 10]).unwrap();
    }
    let served: Vec<_> = (0..20).map(|_| shard(&queue.pop(NOW, LEASE).unwrap().unwrap())).collect();
    assert!(served.windows(2).all(|pair| pair[0] != pair[1]), "{served:?}");
}

#[test]
fn a_batch_takes_what_it_needs_from_all_shards() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    push_to_each(&queue, "");
    assert_eq!(queue.pop_many(3, NOW, LEASE).unwrap().len(), 3);
    assert_eq!(queue.pop_many(3, NOW, LEASE).unwrap().len(), 1);
    assert_eq!(queue.pop_many(3, NOW, LEASE).unwrap(), []);
}

#[test]
fn the_number_of_shards_is_the_same_for_ever() {
    let server = RedisServer::start(&[]);
    let push = |shards: &str, name| {
        let queue = Queue::open(&format!("{}{shards}", server.url()), name).unwrap();
        queue.push(NewJob::new(""))
    };
    push("?shards=4", "four").unwrap();
    push("", "one").unwrap();
    for (shards, name, words) in [
        (
            "?shards=3",
            "four",
            "shards 3 of the url are not those of the queue, which was made with 4",
        ),
        ("", "four", "accepted is shards=4"),
        ("?shards=4", "one", "accepted is shards=1"),
    ] {
        let error = push(shards, name).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.message().contains(words), "{error}");
    }
    push("?shards=4", "four").unwrap();
    push("?shards=1", "one").unwrap();
}

#[test]
fn a_handle_of_another_number_changes_nothing_with_any_verb() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    push_to_each(&queue, "");
    let job = queue.pop(NOW, LEASE).unwrap().unwrap();
    let before = queue.dump().unwrap();
    let wrong = Queue::open(&server.url(), "shards").unwrap();
    assert!(wrong.pop(NOW, LEASE).is_err());
    assert!(wrong.push(NewJob::new("")).is_err());
    assert!(wrong.push_many(vec![NewJob::new(""); 2]).is_err());
    assert!(wrong.mark_complete(&job.token).is_err());
    assert!(wrong.mark_complete_many(&[job.token, job.token]).is_err());
    assert!(wrong.stats().is_err());
    assert_eq!(queue.dump().unwrap(), before);
}

#[test]
fn jobs_of_different_shards_cannot_wait_for_each_other() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    let parent = queue.push(NewJob::new("").lane(LANES[0])).unwrap();
    let child = NewJob::new("").lane(LANES[1]).after(parent);
    let error = queue.push_many(vec![NewJob::new(""), child]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(error.message().contains("on shard 0, and lane \"tenant-6\" is on shard 1"), "{error}");
    let job = queue.pop(NOW, LEASE).unwrap().expect("nothing else was pushed");
    let follow_up = vec![NewJob::new("").lane(LANES[1])];
    let error = queue.mark_complete_then(&job.token, follow_up).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(error.message().contains("lane \"tenant-6\" is on shard 1"), "{error}");
    // A part in braces brings lanes together.
    let near = || NewJob::new("").lane(format!("{{{}}}:mail", LANES[0]));
    queue.push(near().after(parent)).unwrap();
    assert_eq!(queue.stats().unwrap().counts.blocked, 1);
    queue.mark_complete_then(&job.token, vec![near()]).unwrap();
    assert_eq!(queue.stats().unwrap().counts.ready, 2);
}

#[test]
fn the_whole_queue_is_paused_and_not_limited() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    push_to_each(&queue, "");
    for limit in [
        LimitsChange { rate: Some(Rate::per_second(1)), ..LimitsChange::default() },
        LimitsChange { max_in_flight: Some(1), ..LimitsChange::default() },
        LimitsChange { max_waiting: Some(1), ..LimitsChange::default() },
    ] {
        let error = queue.set_limits(None, limit).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
        queue.set_limits(Some(LANES[0]), limit).unwrap();
    }
    queue.pause(None).unwrap();
    assert!(queue.stats().unwrap().paused);
    assert_eq!(queue.pop_many(10, NOW, LEASE).unwrap(), []);
    queue.resume(None).unwrap();
    assert_eq!(queue.pop_many(10, NOW, LEASE).unwrap().len(), SHARDS);
}

#[test]
fn a_push_that_fails_on_one_shard_says_what_was_pushed_on_others() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    let one = LimitsChange { max_waiting: Some(1), ..LimitsChange::default() };
    queue.set_limits(Some(LANES[2]), one).unwrap();
    queue.push(NewJob::new("").lane(LANES[2])).unwrap();
    let jobs = [1, 2, 0].map(|shard| NewJob::new("").lane(LANES[shard]));
    let error = queue.push_many(jobs.to_vec()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::QueueFull);
    assert!(error.message().contains("2 of the 3 jobs"), "{error}");
    assert_eq!(queue.stats().unwrap().counts.ready, 3);
}

#[test]
fn a_node_that_is_away_holds_up_its_shards_alone() {
    const BUSY: Duration = Duration::from_secs(1);
    let cluster = RedisCluster::steady("{fairlane:shards}");
    let options = QueueOptions { busy_timeout: BUSY, ..QueueOptions::default() };
    let queue = Queue::open_with(&spread(&cluster.url()), "shards", options).unwrap();
    push_to_each(&queue, "");
    let jobs = queue.pop_many(SHARDS, NOW, LEASE).unwrap();
    push_to_each(&queue, "");
    // Each of the three nodes has a part of the shards, and nobody takes over from this one.
    cluster.other().freeze();
    let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
    let ended = queue.mark_complete_many(&tokens).unwrap();
    let (reached, missed): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
    assert_eq!((reached.len(), missed.len()), (3, 1), "{missed:?}");
    assert!(missed.into_iter().all(|result| result.unwrap_err().retryable()));
    assert_eq!(queue.pop_many(SHARDS, NOW, LEASE).unwrap().len(), reached.len());
    // That pop has found out which shard is away: the next ones do not wait for it.
    let began = Instant::now();
    for _ in 0..10 {
        assert!(queue.pop(NOW, LEASE).unwrap_err().retryable());
    }
    assert!(began.elapsed() < 3 * BUSY, "{:?}", began.elapsed());
    cluster.other().thaw();
    while queue.pop(NOW, LEASE).is_err() {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until as many places are taken at the servers.
fn await_places(servers: &[&RedisServer], count: usize) {
    let taken = || servers.iter().map(|server| server.blocked()).sum::<usize>();
    await_that(&format!("{count} places are taken"), || taken() == count);
}

/// Has `queue` wait, does `act` meanwhile, and gives the job that came and how long after `act`.
fn wait_while(
    queue: &Queue,
    servers: &[&RedisServer],
    act: impl FnOnce(),
) -> (Option<Job>, Duration) {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| (queue.pop(LONG, LEASE).unwrap(), Instant::now()));
        await_places(servers, SHARDS);
        let began = Instant::now();
        act();
        let (job, came) = waiting.join().unwrap();
        (job, came - began)
    })
}

#[test]
fn a_push_on_any_shard_wakes_a_worker_that_waits_at_all() {
    let cluster = RedisCluster::steady("{fairlane:shards}");
    let masters: Vec<_> = cluster.masters().iter().collect();
    let [queue, other] = [(); 2].map(|()| Queue::open(&spread(&cluster.url()), "shards").unwrap());
    for lane in LANES.iter().cycle().take(12) {
        let push = || assert!(other.push(NewJob::new("").lane(*lane)).is_ok());
        let (job, took) = wait_while(&queue, &masters, push);
        assert!(job.is_some_and(|job| job.lane == *lane) && took < SOON, "{lane}: {took:?}");
    }
}

#[test]
fn many_short_waits_at_all_shards_cost_no_more_than_a_long_one() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    let sent = || server.calls_of("evalsha") + server.calls_of("bzpopmin");
    let mut before = None;
    let mut looks = 0;
    let stop = queue.pop_checked::<fairlane::Error>(
        1,
        LONG,
        LEASE,
        Duration::from_millis(10),
        &mut || {
            looks += 1;
            match looks {
                10 => before = Some(sent()),
                100 => return Err(fairlane::Error::new(ErrorCode::Closed, "enough")),
                _ => {}
            }
            Ok(())
        },
    );
    assert_eq!(stop.unwrap_err().message(), "enough");
    assert_eq!(Some(sent()), before);
}

#[test]
fn a_worker_takes_one_job_and_calls_others_to_the_rest() {
    let server = RedisServer::start(&[]);
    let handles = [(); SHARDS].map(|()| open(&server));
    let producer = open(&server);
    for _ in 0..10 {
        let began = thread::scope(|scope| {
            let waiting =
                handles.each_ref().map(|queue| scope.spawn(|| queue.pop(LONG, LEASE).unwrap()));
            await_places(&[&server], SHARDS * SHARDS);
            let began = Instant::now();
            // All markers may fall to the same worker.
            push_to_each(&producer, "");
            let lanes = waiting.map(|each| each.join().unwrap().unwrap().lane);
            assert_eq!(BTreeSet::from(lanes.map(|lane| lane.to_string())).len(), SHARDS);
            began
        });
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
}

#[test]
fn a_killed_connection_leaves_no_worker_deaf() {
    let server = RedisServer::start(&[]);
    let (queue, other) = (open(&server), open(&server));
    for lane in LANES {
        let (job, took) = wait_while(&queue, &[&server], || {
            let _: usize = server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
            other.push(NewJob::new("").lane(lane)).unwrap();
        });
        assert!(job.is_some_and(|job| job.lane == lane) && took < SOON, "{lane}: {took:?}");
    }
}

#[test]
fn what_comes_due_on_a_shard_wakes_a_worker_in_time() {
    let server = RedisServer::start(&[]);
    let (queue, other) = (open(&server), open(&server));
    for lane in LANES {
        let delay = Duration::from_millis(200);
        let push = || assert!(other.push(NewJob::new("").lane(lane).delay(delay)).is_ok());
        let (job, took) = wait_while(&queue, &[&server], push);
        assert!(job.is_some() && (delay..SOON).contains(&took), "{lane}: {took:?}");
    }
}

#[test]
fn a_worker_that_polls_looks_at_all_shards() {
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&format!("{}&wait=poll:10", spread(&server.url())), "shards").unwrap();
    let other = open(&server);
    for lane in LANES {
        thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop(LONG, LEASE).unwrap());
            other.push(NewJob::new("").lane(lane)).unwrap();
            assert_eq!(waiting.join().unwrap().unwrap().lane, lane);
        });
    }
    assert_eq!(server.calls_of("bzpopmin"), 0);
}

#[test]
fn closing_ends_the_wait_at_all_shards() {
    let server = RedisServer::start(&[]);
    let queue = open(&server);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.pop(LONG, LEASE));
        await_places(&[&server], SHARDS);
        queue.close();
        assert_eq!(waiting.join().unwrap().unwrap_err().code(), ErrorCode::Closed);
    });
    await_places(&[&server], 0);
}
