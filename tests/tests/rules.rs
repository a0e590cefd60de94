//! The rules of a store by example, each on every store. What they leave open, `differential` finds.

use std::sync::Arc;
use std::time::Duration;

use fairlane::clock::ManualClock;
use fairlane::{ErrorCode, FailedFilter, Job, JobId, JobState, LimitsChange, NewJob, Queue, Rate};
use fairlane_tests::stores::{self, DAWN};

const LEASE: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::ZERO;

struct Bench {
    queue: Queue,
    clock: Arc<ManualClock>,
}

fn on_each_store(test: impl Fn(Bench)) {
    stores::on_each("rules", |queue, clock| test(Bench { queue, clock }));
}

impl Bench {
    fn push(&self, payload: &str) -> JobId {
        self.queue.push(NewJob::new(payload)).unwrap()
    }

    fn pop(&self) -> Job {
        self.queue.pop(NOW, LEASE).unwrap().expect("a job is ready")
    }

    /// Pops all that is ready; gives the payloads.
    fn pop_all(&self) -> Vec<String> {
        let jobs = self.queue.pop_many(1_000, NOW, LEASE).unwrap();
        jobs.into_iter().map(|job| String::from_utf8(job.payload).unwrap()).collect()
    }

    /// Kills the job that comes next.
    fn fail(&self) -> JobId {
        let job = self.pop();
        self.queue.fail(&job.token, "no good").unwrap();
        job.id
    }

    fn state(&self, id: JobId) -> Option<JobState> {
        self.queue.get(id).unwrap().map(|job| job.state)
    }
}

#[test]
fn a_key_is_held_while_its_job_is_queued_or_running() {
    on_each_store(|bench| {
        let keyed = || NewJob::new("").key("k", NOW);
        let first = bench.queue.push(keyed()).unwrap();
        assert_eq!(bench.queue.push(keyed()).unwrap(), first);
        let job = bench.pop();
        assert_eq!(bench.queue.push(keyed()).unwrap(), first);
        bench.queue.mark_complete(&job.token).unwrap();
        assert_ne!(bench.queue.push(keyed()).unwrap(), first);
    });
}

#[test]
fn a_key_outlives_its_job_until_its_ttl_but_not_a_cancel() {
    on_each_store(|bench| {
        let keyed = || NewJob::new("").key("k", Duration::from_millis(100));
        let first = bench.queue.push(keyed()).unwrap();
        let job = bench.pop();
        bench.queue.mark_complete(&job.token).unwrap();
        bench.clock.set(DAWN + 99);
        assert_eq!(bench.queue.push(keyed()).unwrap(), first);
        bench.clock.set(DAWN + 100);
        let second = bench.queue.push(keyed()).unwrap();
        assert_ne!(second, first);
        bench.queue.cancel(second).unwrap();
        assert_ne!(bench.queue.push(keyed()).unwrap(), second);
    });
}

#[test]
fn a_restored_job_takes_its_key_again_unless_another_holds_it() {
    on_each_store(|bench| {
        let keyed = || NewJob::new("").key("k", NOW);
        let key_of = |id| bench.queue.get(id).unwrap().unwrap().key;
        let first = bench.queue.push(keyed()).unwrap();
        bench.fail();
        bench.queue.restore_failed(FailedFilter::All).unwrap();
        assert_eq!(bench.queue.push(keyed()).unwrap(), first);
        bench.fail();
        let second = bench.queue.push(keyed()).unwrap();
        bench.queue.restore_failed(FailedFilter::All).unwrap();
        assert_eq!((key_of(first), key_of(second)), (None, Some("k".to_owned())));
    });
}

#[test]
fn bumped_keys_are_free_and_free_nothing_later() {
    on_each_store(|bench| {
        let keyed = || NewJob::new("").key("k", NOW);
        let first = bench.queue.push(keyed()).unwrap();
        bench.queue.bump_keys().unwrap();
        let second = bench.queue.push(keyed()).unwrap();
        assert_ne!(second, first);
        let job = bench.pop();
        assert_eq!(job.id, first);
        bench.queue.mark_complete(&job.token).unwrap();
        assert_eq!(bench.queue.push(keyed()).unwrap(), second);
    });
}

#[test]
fn a_job_waits_for_its_parent_to_complete() {
    on_each_store(|bench| {
        let parent = bench.push("parent");
        let child = bench.queue.push(NewJob::new("child").after(parent)).unwrap();
        let job = bench.pop();
        assert_eq!((job.id, bench.pop_all()), (parent, vec![]));
        bench.queue.mark_complete(&job.token).unwrap();
        assert_eq!(bench.pop().id, child);
        let late = bench.queue.push(NewJob::new("late").after(parent)).unwrap();
        assert_eq!(bench.state(late), Some(JobState::Ready), "its parent has completed");
        let error = bench.queue.push(NewJob::new("").after(JobId(77))).unwrap_err();
        assert_eq!(error.message(), "after names job 77, which was never pushed");
    });
}

#[test]
fn a_dead_parent_keeps_its_children_blocked_and_takes_them_along() {
    on_each_store(|bench| {
        let parent = bench.push("parent");
        let child = bench.queue.push(NewJob::new("child").lane("other").after(parent)).unwrap();
        let grandchild = bench.queue.push(NewJob::new("grandchild").after(child)).unwrap();
        bench.fail();
        let seen = bench.queue.get(child).unwrap().unwrap();
        assert_eq!((seen.state, seen.parent_dead), (JobState::Blocked, true));
        assert_eq!(bench.queue.clean_failed(FailedFilter::All).unwrap(), 1);
        assert_eq!((bench.state(child), bench.state(grandchild)), (None, None));
    });
}

#[test]
fn released_and_lapsed_jobs_come_first_again_in_their_old_order() {
    on_each_store(|bench| {
        for payload in ["a", "b", "c", "d"] {
            bench.push(payload);
        }
        let a = bench.pop();
        bench.clock.advance(1);
        let b = bench.pop();
        bench.queue.release(&b.token, NOW).unwrap();
        assert_eq!(bench.pop().tries, 1, "a release takes back the try");
        bench.clock.advance(LEASE.as_millis() as i64);
        assert_eq!(bench.pop_all(), ["a", "b", "c", "d"]);
        let error = bench.queue.mark_complete(&a.token).unwrap_err();
        assert_eq!(error.code(), ErrorCode::StaleToken);
        assert_eq!(bench.queue.get(a.id).unwrap().unwrap().lapses, 1);
    });
}

#[test]
fn a_job_dies_when_its_tries_are_spent() {
    on_each_store(|bench| {
        let id = bench.queue.push(NewJob::new("").max_tries(2)).unwrap();
        let first = bench.pop();
        bench.queue.retry(&first.token, "try again", Some(Duration::from_millis(50))).unwrap();
        assert_eq!(bench.state(id), Some(JobState::Delayed));
        bench.clock.advance(50);
        let second = bench.pop();
        assert_eq!((second.tries, second.error.as_deref()), (2, Some("try again")));
        bench.queue.retry(&second.token, "no more", None).unwrap();
        let dead = bench.queue.failed(10).unwrap();
        assert_eq!((dead[0].id, dead[0].error.as_deref()), (id, Some("no more")));
        bench.queue.restore_failed(FailedFilter::Ids(vec![id])).unwrap();
        assert_eq!(bench.pop().tries, 1);
    });
}

#[test]
fn a_completion_and_what_follows_from_it_are_one_step() {
    on_each_store(|bench| {
        let one = LimitsChange { max_waiting: Some(1), ..LimitsChange::default() };
        bench.queue.set_limits(Some("next"), one).unwrap();
        bench.push("first");
        let job = bench.pop();
        let follow = |number| (0..number).map(|_| NewJob::new("").lane("next")).collect();
        let error = bench.queue.mark_complete_then(&job.token, follow(2)).unwrap_err();
        assert_eq!(
            error.message(),
            "lane \"next\" is full: 1 jobs are waiting and max_waiting is 1"
        );
        assert_eq!(bench.state(job.id), Some(JobState::Leased), "nothing was changed");
        bench.queue.mark_complete_then(&job.token, follow(1)).unwrap();
        assert_eq!((bench.state(job.id), bench.queue.size(Some("next")).unwrap()), (None, 1));
    });
}

#[test]
fn what_remained_to_wait_remains_when_the_clock_is_set_back() {
    on_each_store(|bench| {
        bench.queue.push(NewJob::new("late").delay(Duration::from_millis(100))).unwrap();
        bench.clock.advance(-3_600_000);
        assert_eq!(bench.pop_all(), [""; 0]);
        bench.clock.advance(99);
        assert_eq!(bench.pop_all(), [""; 0]);
        bench.clock.advance(1);
        assert_eq!(bench.pop_all(), ["late"]);
    });
}

#[test]
fn a_rate_that_came_with_a_push_goes_with_its_lane() {
    on_each_store(|bench| {
        let rate = |lane| bench.queue.lane(lane).unwrap().map(|lane| lane.limits.rate);
        bench.queue.push(NewJob::new("").lane("a").rate(Rate::per_second(5))).unwrap();
        let job = bench.pop();
        bench.queue.mark_complete(&job.token).unwrap();
        assert_eq!(rate("a"), Some(Rate::per_second(5)), "its start is younger than a second");
        bench.clock.advance(1_000);
        bench.queue.push(NewJob::new("").lane("a")).unwrap();
        assert_eq!(rate("a"), Some(Rate::UNLIMITED));
    });
}
