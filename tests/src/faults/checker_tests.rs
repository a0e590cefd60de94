//! The checker, tried on histories made by hand: a good one, and one for each thing that it finds.

use fairlane::store::Dump;
use fairlane::{ErrorCode, JobId, JobInfo, JobState, Rate};

use super::checker::History;
use super::ledger::{Call, Deed, Delivered, Handle, Outcome};

/// In milliseconds.
const LEASE: i64 = 1_000;

/// When the lease of a job that was popped at the start has lapsed.
const LEASE_END: u64 = 1_000_000_100;

fn call(from: u64, deed: Deed, to: u64, outcome: Outcome) -> Call {
    Call { from, deed, outcome: Some((to, outcome)) }
}

fn push(at: u64, job: u64, after: Option<u64>) -> Call {
    let deed = Deed::Push { payload: format!("payload {job}"), after };
    call(at, deed, at + 1, Outcome::Pushed { job })
}

fn delivered(job: u64, delivery: u64, started_at: i64) -> Delivered {
    Delivered {
        of: Handle { job, delivery },
        lane: "lane".into(),
        payload: format!("payload {job}"),
        cost: 1,
        tries: delivery as i64,
        max_tries: 3,
        lapses: 0,
        started_at,
        after: None,
    }
}

fn pop(at: u64, job: u64, delivery: u64) -> Call {
    let jobs = vec![delivered(job, delivery, at as i64)];
    call(at, Deed::Pop { lease: LEASE }, at + 1, Outcome::Popped { jobs })
}

fn complete(at: u64, job: u64, delivery: u64) -> Call {
    let deed = Deed::Complete { of: Handle { job, delivery }, then: vec![] };
    call(at, deed, at + 1, Outcome::Done)
}

fn act(at: u64, deed: fn(Handle) -> Deed, job: u64, delivery: u64) -> Call {
    call(at, deed(Handle { job, delivery }), at + 1, Outcome::Done)
}

fn cancel(at: u64, job: u64) -> Call {
    call(at, Deed::Cancel { job }, at + 1, Outcome::Done)
}

fn retry(of: Handle) -> Deed {
    Deed::Retry { of }
}

fn extend(of: Handle) -> Deed {
    Deed::Extend { of, lease: LEASE }
}

fn fail(of: Handle) -> Deed {
    Deed::Fail { of }
}

/// A final state that holds one job.
fn left(job: u64, state: JobState) -> Dump {
    let info = JobInfo {
        id: JobId(job),
        state,
        lane: "lane".into(),
        payload: format!("payload {job}").into(),
        priority: 1,
        cost: 1,
        tries: 1,
        max_tries: 3,
        lapses: 0,
        pushed_at: 0,
        due_at: None,
        lease_until: None,
        died_at: None,
        key: None,
        after: None,
        parent_dead: false,
        error: None,
        headers: fairlane::Headers::new(),
    };
    let mut end = Dump::default();
    let place = if state == JobState::Dead { &mut end.dead } else { &mut end.jobs };
    place.push((info, 1));
    end
}

/// Checks one process' calls; gives the one thing that is wrong.
fn wrong_at_end(calls: Vec<Call>, end: &Dump) -> String {
    let ledgers = [calls];
    let mut violations = History::of(&ledgers).violations(end);
    assert_eq!(violations.len(), 1, "{violations:#?}");
    violations.remove(0)
}

fn wrong(calls: Vec<Call>) -> String {
    wrong_at_end(calls, &Dump::default())
}

#[test]
fn a_good_history_passes() {
    let ledgers = [
        vec![push(10, 1, None), push(20, 2, Some(1)), push(30, 3, None), cancel(40, 3)],
        vec![pop(50, 1, 1), act(60, retry, 1, 1), pop(70, 1, 2), act(80, extend, 1, 2)],
        vec![push(15, 4, None), pop(100, 4, 1), act(110, fail, 4, 1)],
        vec![complete(90, 1, 2), pop(95, 2, 1), complete(99, 2, 1)],
    ];
    let history = History::of(&ledgers);
    assert_eq!(history.count()["pop"], 4);
    assert_eq!(history.violations(&left(4, JobState::Dead)), [""; 0]);
}

#[test]
fn a_call_without_outcome_may_have_happened() {
    let unknown = Call { outcome: None, ..complete(30, 1, 1) };
    let ledgers = [vec![push(10, 1, None), pop(20, 1, 1), unknown]];
    assert_eq!(History::of(&ledgers).violations(&Dump::default()), [""; 0]);
    assert_eq!(History::of(&ledgers).violations(&left(1, JobState::Dead)), [""; 0]);
}

#[test]
fn a_lost_push_is_found() {
    assert_eq!(wrong(vec![push(10, 1, None)]), "job 1 was pushed at 11 and is lost");
    assert!(wrong(vec![push(10, 1, None), pop(20, 1, 1)]).contains("lost"));
}

#[test]
fn a_job_that_is_stuck_is_found() {
    let found = wrong_at_end(vec![push(10, 1, None)], &left(1, JobState::Ready));
    assert_eq!(found, "job 1 of lane lane is stuck: Ready");
}

#[test]
fn a_count_that_drifted_is_found() {
    let mut end = Dump::default();
    end.stats.counts.in_flight = 1;
    assert!(wrong_at_end(vec![], &end).starts_with("in flight at the end"));
}

#[test]
fn two_endings_of_one_delivery_are_found() {
    let calls = vec![push(10, 1, None), pop(20, 1, 1), act(30, retry, 1, 1), complete(40, 1, 1)];
    assert!(wrong(calls).contains("was ended 2 times"));
}

#[test]
fn one_delivery_given_twice_is_found() {
    let calls = vec![push(10, 1, None), pop(20, 1, 1), pop(30, 1, 1), complete(40, 1, 1)];
    assert!(wrong(calls).contains("was given to two pops"));
}

#[test]
fn an_act_on_a_delivery_that_was_taken_over_is_found() {
    let calls = vec![
        push(10, 1, None),
        pop(20, 1, 1),
        pop(30, 1, 2),
        act(40, extend, 1, 1),
        complete(50, 1, 2),
    ];
    assert!(wrong(calls).contains("was done after the job was given away"));
}

#[test]
fn a_delivery_after_completion_is_found() {
    let calls = vec![push(10, 1, None), pop(20, 1, 1), complete(30, 1, 1), pop(40, 1, 2)];
    assert!(wrong(calls).contains("then came Handle { job: 1, delivery: 2 }"));
}

#[test]
fn a_completed_job_that_is_still_there_is_found() {
    let calls = vec![push(10, 1, None), pop(20, 1, 1), complete(30, 1, 1)];
    assert!(wrong_at_end(calls, &left(1, JobState::Dead)).contains("its job still there"));
}

#[test]
fn a_failed_job_that_is_not_in_the_archive_is_found() {
    let calls = vec![pop(20, 1, 1), act(30, fail, 1, 1)];
    assert!(wrong(calls).contains("is not in the archive"));
}

#[test]
fn a_delivery_after_cancellation_is_found() {
    let calls = vec![push(10, 1, None), cancel(20, 1), pop(30, 1, 1)];
    assert!(wrong(calls).contains("was delivered after the job was cancelled"));
}

#[test]
fn an_ending_after_cancellation_is_found() {
    let calls = vec![push(10, 1, None), pop(20, 1, 1), cancel(30, 1), complete(40, 1, 1)];
    assert!(wrong(calls).contains("was done after the job was cancelled"));
}

#[test]
fn a_try_too_many_is_found() {
    let mut calls = vec![push(10, 1, None)];
    calls.extend((1..=4).map(|delivery| pop(delivery * 20, 1, delivery)));
    calls.push(complete(100, 1, 4));
    assert!(wrong(calls).contains("is try 4 of 3"));
}

#[test]
fn a_child_before_its_parent_is_found() {
    let mut jobs = vec![delivered(2, 1, 0)];
    jobs[0].after = Some(1);
    let early = call(30, Deed::Pop { lease: LEASE }, 31, Outcome::Popped { jobs });
    let calls =
        vec![push(10, 1, None), push(11, 2, Some(1)), early, complete(40, 2, 1), cancel(50, 1)];
    assert!(wrong(calls).contains("was delivered before its parent 1 left"));
}

#[test]
fn a_child_that_was_pushed_when_its_parent_had_gone_passes() {
    let mut jobs = vec![delivered(3, 1, 0)];
    jobs[0].after = Some(2);
    let popped = call(40, Deed::Pop { lease: LEASE }, 41, Outcome::Popped { jobs });
    // With job 1 went job 2, which waited for it.
    let ledgers = [vec![
        push(10, 1, None),
        push(11, 2, Some(1)),
        cancel(20, 1),
        push(30, 3, Some(2)),
        popped,
        complete(50, 3, 1),
    ]];
    assert_eq!(History::of(&ledgers).violations(&Dump::default()), [""; 0]);
}

#[test]
fn a_payload_of_another_job_is_found() {
    let mut jobs = vec![delivered(1, 1, 0)];
    jobs[0].payload = "payload 2".into();
    let popped = call(30, Deed::Pop { lease: LEASE }, 31, Outcome::Popped { jobs });
    let calls =
        vec![push(10, 1, None), push(12, 2, None), popped, complete(40, 1, 1), cancel(50, 2)];
    assert_eq!(wrong(calls), "job 2 was pushed as payload 2 and is not that");
}

#[test]
fn half_of_a_completion_with_follow_up_is_found() {
    let then = vec!["payload 2".to_owned()];
    let deed = Deed::Complete { of: Handle { job: 1, delivery: 1 }, then };
    let begun = vec![push(10, 1, None), pop(20, 1, 1)];
    let done = [begun.clone(), vec![call(30, deed.clone(), 31, Outcome::Done)]].concat();
    assert!(wrong(done).contains("payload 2"));
    let stale = call(30, deed, 31, Outcome::Stale);
    let refused = [begun, vec![stale, pop(40, 2, 1), complete(50, 1, 1)]].concat();
    assert!(wrong(refused).contains("payload 2"));
}

fn refused() -> Outcome {
    Outcome::Refused { code: ErrorCode::Unavailable.number(), message: "full".into() }
}

#[test]
fn an_unexpected_error_is_found() {
    let calls = vec![call(10, Deed::Pop { lease: LEASE }, 11, refused())];
    assert!(wrong(calls.clone()).contains("full"));
    let tolerated =
        History::tolerating(&[ErrorCode::Unavailable], &[calls]).violations(&Dump::default());
    assert_eq!(tolerated, [""; 0]);
}

#[test]
fn a_push_that_was_refused_and_done_is_found() {
    let deed = Deed::Push { payload: "payload 1".into(), after: None };
    let ledgers = [vec![call(10, deed, 11, refused()), pop(20, 1, 1), complete(30, 1, 1)]];
    let history = History::tolerating(&[ErrorCode::Unavailable], &ledgers);
    let found = history.violations(&Dump::default());
    assert_eq!(found, ["payload 1 was refused and is there as job 1"]);
}

#[test]
fn a_rate_that_was_exceeded_is_found() {
    let rate = Rate { count: 2, window: 100 };
    let found = |starts: [u64; 3]| {
        let ledgers = [starts.map(|at| pop(at, at, 1)).to_vec()];
        let mut history = History::of(&ledgers);
        history.check_rate("lane", rate);
        history.violations(&Dump::default())
    };
    assert_eq!(found([1_000, 1_050, 1_100]), [""; 0]);
    assert!(found([1_000, 1_050, 1_099])[0].contains("started 3"));
}

#[test]
fn too_many_in_flight_are_found() {
    let found = |second: u64| {
        let ledgers =
            [vec![pop(10, 1, 1), complete(20, 1, 1), pop(second, 2, 1), complete(50, 2, 1)]];
        let mut history = History::of(&ledgers);
        history.check_in_flight("lane", 1);
        history.violations(&Dump::default())
    };
    assert_eq!(found(20), [""; 0]);
    assert!(found(15)[0].contains("had 2 in flight"));
}

#[test]
fn a_job_that_is_given_away_while_it_is_held_is_found() {
    let found = |again: u64| {
        let other = vec![pop(again, 1, 2), complete(again + 10, 1, 2)];
        let ledgers = [vec![push(5, 1, None), pop(10, 1, 1), cancel(LEASE_END * 2, 9)], other];
        let mut history = History::of(&ledgers);
        history.check_exclusive();
        history.violations(&Dump::default())
    };
    assert_eq!(found(LEASE_END), [""; 0]);
    assert!(found(LEASE_END / 2)[0].contains("was delivered while"));
}

#[test]
fn a_delivery_of_a_process_that_ended_is_in_flight_no_more() {
    let ledgers = [vec![pop(10, 1, 1)], vec![pop(15, 2, 1), complete(50, 2, 1)]];
    let mut history = History::of(&ledgers);
    history.check_in_flight("lane", 1);
    assert_eq!(history.violations(&Dump::default()), [""; 0]);
}
