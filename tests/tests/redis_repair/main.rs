//! Queues on Redis whose rows something else has damaged: a repair makes them what they would be if
//! the damage had not happened, and changes nothing that is in order.

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::{Clock, ManualClock};
use fairlane::store::Dump;
use fairlane::{
    FailedFilter, Job, JobId, LimitsChange, NewJob, Queue, QueueOptions, Rate, Repaired,
};
use fairlane_tests::invariants;
use fairlane_tests::redis::RedisServer;
use fairlane_tests::stores::DAWN;

mod at_work;
mod ticks;

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What a script of a test may use to look into rows: read and write fields of a lane (start, turn,
/// flags, mask, known, in_flight) and of the queue's row.
const TOOLS: &str = "
    local rows = KEYS[1]
    local call = redis.call
    local function entry(id) return struct.pack('>I5', id) end
    local function change_lane(name, change)
        local row = call('HGET', rows, 'l' .. name)
        local lane = {struct.unpack('>I7I6BI2I4I4', row)}
        change(lane)
        call('HSET', rows, 'l' .. name, struct.pack('>I7I6BI2I4I4', lane[1], lane[2], lane[3],
            lane[4], lane[5], lane[6]) .. string.sub(row, 25))
    end
    local function change_queue(change)
        local queue = {struct.unpack('<Bddddddddddd', call('HGET', rows, 'q'))}
        change(queue)
        call('HSET', rows, 'q', struct.pack('<Bddddddddddd', queue[1], queue[2], queue[3], queue[4],
            queue[5], queue[6], queue[7], queue[8], queue[9], queue[10], queue[11], queue[12]))
    end
";

/// Two queues that were given the same jobs and calls: one is damaged, the other is not.
struct Twins {
    server: RedisServer,
    clock: Arc<ManualClock>,
    sick: Queue,
    sound: Queue,
    /// The lanes and ids of the jobs by what was done to them.
    ids: Ids,
}

#[derive(Clone, Copy)]
struct Ids {
    leased: JobId,
    ready: JobId,
    delayed: JobId,
    blocked: JobId,
    dead: JobId,
}

impl Twins {
    fn new() -> Self {
        let server = RedisServer::start(&[]);
        let clock = Arc::new(ManualClock::new(DAWN));
        let open = |name: &str| {
            let terms: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
            let options = QueueOptions { clock: terms, ..QueueOptions::default() };
            Queue::open_with(&server.url(), name, options).unwrap()
        };
        let (sick, sound) = (open("sick"), open("sound"));
        let ids = fill(&sick);
        fill(&sound);
        let twins = Self { server, clock, sick, sound, ids };
        twins.are_equal();
        twins
    }

    /// Runs a script on the rows of a queue.
    fn eval(&self, queue: &Queue, script: &str) {
        let key = format!("{{fairlane:{}}}", queue.name());
        let text = format!("{TOOLS}\n{script}");
        self.server.command::<()>(&["EVAL", &text, "1", &key]);
    }

    fn damage(&self, script: &str) {
        self.eval(&self.sick, script);
    }

    fn repair(&self) -> Repaired {
        let repaired = self.sick.repair().unwrap();
        assert!(!repaired.is_sound(), "nothing was found: {repaired:?}");
        let again = self.sick.repair().unwrap();
        assert!(again.is_sound(), "something was left: {again:?}");
        self.sound.dethrottle().unwrap();
        repaired
    }

    fn dumps(&self) -> (Dump, Dump) {
        let dump = |queue: &Queue| {
            let mut dump = queue.dump().unwrap();
            dump.stats.quarantined = 0;
            dump
        };
        (dump(&self.sick), dump(&self.sound))
    }

    fn are_equal(&self) {
        let (sick, sound) = self.dumps();
        assert_eq!(sick, sound);
        invariants::check(&sick).unwrap();
    }

    /// Works both off in the same steps; they must never differ.
    fn work_off(&self) {
        for queue in [&self.sick, &self.sound] {
            queue.resume(Some("paused")).unwrap();
        }
        for _ in 0..100 {
            let pop = |queue: &Queue| queue.pop_many(3, NOW, MINUTE).unwrap();
            let (of_sick, of_sound) = (pop(&self.sick), pop(&self.sound));
            let what = |jobs: &[Job]| {
                jobs.iter().map(|job| (job.id, job.tries, job.payload.clone())).collect::<Vec<_>>()
            };
            assert_eq!(what(&of_sick), what(&of_sound));
            for job in &of_sick {
                self.sick.mark_complete(&job.token).unwrap();
            }
            for job in &of_sound {
                self.sound.mark_complete(&job.token).unwrap();
            }
            if of_sick.is_empty() {
                self.clock.advance(10_000);
            }
            self.are_equal();
        }
        let counts = self.sick.stats().unwrap().counts;
        assert_eq!((counts.waiting(), counts.in_flight), (0, 0));
    }

    /// Checks that a repair undoes that damage; what the damage took for good is taken from the other
    /// queue by `taken`.
    fn check(damage: &str, taken: impl Fn(&Self)) -> Repaired {
        let twins = Self::new();
        twins.damage(damage);
        taken(&twins);
        let repaired = twins.repair();
        twins.are_equal();
        twins.work_off();
        repaired
    }
}

/// Gives a queue jobs in every state.
fn fill(queue: &Queue) -> Ids {
    let push = |job: NewJob| queue.push(job).unwrap();
    queue.set_limits(Some("capped"), LimitsChange { max_in_flight: Some(1), ..none() }).unwrap();
    push(NewJob::new("capped").lane("capped").priority(9));
    push(NewJob::new("capped too").lane("capped"));
    let capped = queue.pop(NOW, MINUTE).unwrap().unwrap();
    for nth in 0..3 {
        push(NewJob::new(format!("held {nth}")).lane("a"));
    }
    let held = queue.pop_many(3, NOW, MINUTE).unwrap();
    queue.retry(&held[2].token, "again", Some(NOW)).unwrap();
    push(NewJob::new("dies").lane("b").max_tries(1));
    let dying = queue.pop_many(2, NOW, MINUTE).unwrap();
    for job in &dying {
        match &job.payload[..] {
            b"dies" => queue.fail(&job.token, "no good").unwrap(),
            _ => queue.release(&job.token, NOW).unwrap(),
        }
    }
    let ready = push(NewJob::new("ready").lane("a"));
    push(NewJob::new("dear").lane("a").cost(3).priority(5));
    push(NewJob::new("keyed").lane("b").key("key", SECOND));
    push(NewJob::new("limited").lane("rate").rate(Rate::per_second(1)).cost(2));
    push(NewJob::new("limited too").lane("rate"));
    push(NewJob::new("waits").lane("paused"));
    queue.pause(Some("paused")).unwrap();
    push(NewJob::new("throttled").lane("throttled"));
    queue.throttle(Some("throttled"), SECOND).unwrap();
    let delayed = push(NewJob::new("delayed").lane("b").delay(SECOND));
    let blocked = push(NewJob::new("blocked").lane("c").after(capped.id));
    let dead = queue.failed(1).unwrap()[0].id;
    Ids { leased: held[0].id, ready, delayed, blocked, dead }
}

fn none() -> LimitsChange {
    LimitsChange { rate: None, max_in_flight: None, weight: None, max_waiting: None }
}

#[test]
fn a_queue_in_order_stays_as_it_is() {
    let twins = Twins::new();
    let repaired = twins.sick.repair().unwrap();
    assert!(repaired.is_sound(), "{repaired:?}");
    let stats = twins.sick.stats().unwrap();
    let jobs = stats.counts.waiting() + stats.counts.in_flight + stats.dead;
    assert_eq!((repaired.jobs as i64, repaired.lanes as i64), (jobs, stats.lanes));
    twins.are_equal();
    twins.work_off();
}

#[test]
fn counters_of_lanes_follow_from_leases_and_jobs() {
    for damage in [
        "change_lane('a', function(lane) lane[6] = 7 end)",
        "change_lane('a', function(lane) lane[6] = 0 end)",
        "change_lane('capped', function(lane) lane[6] = 0 end)",
        "change_lane('a', function(lane) lane[4] = 1 end)",
        "change_lane('a', function(lane) lane[5] = 0 end)",
        "change_lane('a', function(lane) lane[5] = 77 end)",
    ] {
        let repaired = Twins::check(damage, |_| {});
        assert_eq!((repaired.mended_lanes, repaired.lost_jobs), (1, 0), "{damage}");
    }
}

#[test]
fn indexes_follow_from_rows() {
    for damage in [
        "call('DEL', rows .. ':ready')",
        "call('DEL', rows .. ':wakes')",
        "call('DEL', rows .. ':names')",
        "call('ZREM', rows .. ':names', 'a', 'b')",
        "for _, lane in ipairs(call('ZRANGE', rows .. ':ready', 0, 0)) do
             call('ZREM', rows .. ':ready', lane)
         end",
        "for _, lane in ipairs(call('ZRANGE', rows .. ':ready', 0, -1)) do
             call('ZADD', rows .. ':ready', 5, lane)
         end",
        "call('DEL', rows .. ':dead')",
        "call('HDEL', rows .. ':keys', 'key')
         call('HSET', rows .. ':keys', 'key', 'short')",
        "for _, key in ipairs(call('KEYS', rows .. ':a:*')) do call('DEL', key) end",
    ] {
        let is_about_keys = damage.contains("':keys'");
        let twins = Twins::new();
        twins.damage(damage);
        let repaired = twins.repair();
        assert_eq!(repaired.lost_jobs, 0, "{damage}");
        if !is_about_keys {
            // How long a key stays taken after its job, nobody knows any more.
            twins.are_equal();
            twins.work_off();
        }
    }
}

#[test]
fn entries_that_name_nothing_are_dropped() {
    for damage in [
        "call('ZADD', rows .. ':ready', 0, 'nobody')",
        "call('ZADD', rows .. ':ready', -5, string.rep('x', 24) .. 'nobody')",
        "call('ZADD', rows .. ':wakes', 99, 'nobody')",
        "call('ZADD', rows .. ':names', 0, 'nobody')",
        "call('ZADD', rows .. ':delayed', 99e12, entry(999))",
        "call('ZADD', rows .. ':delayed', 99e12, 'x')",
        "call('ZADD', rows .. ':blocked', 0, entry(999))",
        "call('ZADD', rows .. ':leases', 99e12, '999.1')",
        "call('ZADD', rows .. ':leases', 99e12, 'nothing')",
        "call('ZADD', rows .. ':dead', 0, entry(999))",
        "call('RPUSH', rows .. ':w1:a', 999)",
        "call('LPUSH', rows .. ':w1:a', 'nothing', '999r')",
        "call('RPUSH', rows .. ':w7:a', 999)",
        "call('RPUSH', rows .. ':w1:nobody', 999) call('ZADD', rows .. ':names', 0, 'nobody')",
        "call('HSET', rows, 'r999', string.rep(' ', 25))",
    ] {
        let repaired = Twins::check(damage, |_| {});
        assert!(repaired.dropped_entries > 0, "{damage}");
        assert_eq!(repaired.lost_jobs, 0, "{damage}");
    }
}

#[test]
fn a_job_stands_in_one_place() {
    let Ids { leased, ready, delayed, blocked, .. } = Twins::new().ids;
    for damage in [
        format!("call('RPUSH', rows .. ':w1:a', {leased})"),
        format!("call('LPUSH', rows .. ':w1:b', {delayed})"),
        format!("call('LPUSH', rows .. ':w1:c', '{blocked}')"),
        format!("call('RPUSH', rows .. ':w1:a', {ready}, '{ready}r')"),
        format!("call('RPUSH', rows .. ':w1:b', {ready})"),
        format!("call('ZADD', rows .. ':delayed', 99e12, entry({leased}))"),
        format!(
            "call('ZADD', rows .. ':leases', 99e12, '{leased}.7')
                 call('ZREM', rows .. ':leases', '{leased}.7')
                 call('ZADD', rows .. ':leases', 99e12, '{leased}.0')"
        ),
    ] {
        let repaired = Twins::check(&damage, |_| {});
        assert!(repaired.dropped_entries > 0, "{damage}");
        assert_eq!(repaired.lost_jobs, 0, "{damage}");
    }
}

#[test]
fn sums_of_the_queue_follow_from_the_rest() {
    for damage in [
        "change_queue(function(queue) queue[7] = queue[7] + 5 end)",
        "change_queue(function(queue) queue[7] = 0 end)",
        "change_queue(function(queue) queue[12] = 0 end)",
        "change_queue(function(queue) queue[12] = 99 end)",
        "change_queue(function(queue) queue[4] = 9007199254740992 end)",
        "change_queue(function(queue) queue[8] = 2 end)",
        "change_queue(function(queue) queue[5] = queue[5] - 16 end)",
    ] {
        let repaired = Twins::check(damage, |_| {});
        assert_eq!((repaired.mended_sums, repaired.lost_jobs), (1, 0), "{damage}");
    }
}

#[test]
fn jobs_without_a_row_are_lost_and_nothing_else_is() {
    type Which = fn(&Ids) -> JobId;
    let all: [Which; 4] = [|ids| ids.leased, |ids| ids.ready, |ids| ids.delayed, |ids| ids.blocked];
    for which in all {
        for damage in ["call('HDEL', rows, 'j' .. ID)", "call('HSET', rows, 'j' .. ID, 'short')"] {
            let id = which(&Twins::new().ids);
            let repaired = Twins::check(&damage.replace("ID", &id.to_string()), |twins| {
                assert!(twins.sound.cancel(id).unwrap());
            });
            assert_eq!(repaired.lost_jobs, 1, "{damage} {id}");
        }
    }
}

#[test]
fn dead_jobs_without_a_row_are_lost() {
    for damage in ["call('HDEL', rows, 'd' .. ID)", "call('HSET', rows, 'd' .. ID, 'short')"] {
        let id = Twins::new().ids.dead;
        let repaired = Twins::check(&damage.replace("ID", &id.to_string()), |twins| {
            assert_eq!(twins.sound.clean_failed(FailedFilter::Ids(vec![id])).unwrap(), 1);
        });
        assert_eq!(repaired.lost_jobs, 1, "{damage}");
    }
}

#[test]
fn a_lane_without_a_row_is_made_anew() {
    let twins = Twins::new();
    twins.damage("call('HDEL', rows, 'la')");
    twins.repair();
    let (sick, sound) = twins.dumps();
    let of_a = |dump: Dump| dump.lanes.into_iter().find(|lane| lane.name == "a").unwrap();
    let (sick, sound) = (of_a(sick), of_a(sound));
    assert_eq!((sick.counts, sick.ready), (sound.counts, sound.ready));
}

/// A parent that is gone has completed.
#[test]
fn a_job_whose_parent_has_no_row_is_released() {
    let twins = Twins::new();
    let parent = twins.sick.get(twins.ids.blocked).unwrap().unwrap().after.unwrap();
    twins.damage(&format!("call('HDEL', rows, 'j{parent}')"));
    let repaired = twins.repair();
    assert_eq!((repaired.placed_jobs, repaired.lost_jobs), (1, 1));
    assert_eq!(twins.sick.peek("c", 1).unwrap()[0].payload, b"blocked");
}

/// A job without a place may be in the hands of a worker whose lease is gone.
#[test]
fn a_job_whose_lease_is_gone_has_lapsed() {
    let twins = Twins::new();
    twins.damage("call('DEL', rows .. ':leases')");
    let lapse = "for _, lease in ipairs(call('ZRANGE', rows .. ':leases', 0, -1)) do
                     call('ZADD', rows .. ':leases', 1, lease)
                 end
                 change_queue(function(queue) queue[4] = 0 end)";
    twins.eval(&twins.sound, lapse);
    let repaired = twins.repair();
    assert_eq!(repaired.placed_jobs, 3);
    twins.are_equal();
    twins.work_off();
}

#[test]
fn a_long_list_is_read_in_parts() {
    let server = RedisServer::start(&[]);
    let queue = Queue::open(&server.url(), "sick").unwrap();
    for _ in 0..3 {
        queue.push_many((0..6_000).map(|_| NewJob::new("")).collect()).unwrap();
    }
    assert!(queue.repair().unwrap().is_sound());
    for script in [
        "redis.call('LSET', KEYS[1] .. ':w1:default', 12345, 777777)",
        "redis.call('HDEL', KEYS[1], 'j17000')",
    ] {
        server.command::<()>(&["EVAL", script, "1", "{fairlane:sick}"]);
    }
    let repaired = queue.repair().unwrap();
    assert_eq!((repaired.jobs, repaired.lost_jobs, repaired.dropped_entries), (17_999, 1, 2));
    assert_eq!(repaired.placed_jobs, 1);
    assert!(queue.repair().unwrap().is_sound());
    let mut served = 0;
    loop {
        let jobs = queue.pop_many(1_000, NOW, MINUTE).unwrap();
        if jobs.is_empty() {
            break;
        }
        served += jobs.len();
        let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
        assert!(queue.mark_complete_many(&tokens).unwrap().iter().all(Result::is_ok));
    }
    assert_eq!(served, 17_999);
}
