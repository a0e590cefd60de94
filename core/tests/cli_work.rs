//! The program: running a command once a job.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use program::{Program, number, text, wait_until};
use serde_json::{Value, json};

/// Gives the events of ended jobs, without the sum at the end.
fn jobs(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["event"] == "job").collect()
}

fn outcomes(events: &[Value]) -> Vec<&str> {
    jobs(events).into_iter().map(|event| text(event, "outcome")).collect()
}

#[test]
fn the_command_gets_the_payload_and_the_job_in_its_environment() {
    let program = Program::new();
    program.run_with("push --lane a --max-tries 5 -q mail", b"hello").ok();
    let script = "cat; echo \" $FAIRLANE_ID $FAIRLANE_LANE $FAIRLANE_TRY $FAIRLANE_MAX_TRIES \
                  $FAIRLANE_QUEUE $FAIRLANE_URL ${FAIRLANE_TOKEN%.*}\"";
    let worked = program.start_work("-q mail --until-empty", script).finish().ok();
    let url = format!(
        "sqlite:{}",
        program.folder().canonicalize().unwrap().join("fairlane.db").display()
    );
    assert_eq!(worked.out, format!("hello 1 a 1 5 mail {url} 1.1\n"));
    assert_eq!(worked.err, "fairlane: 1 completed\n");
    assert_eq!(program.run("-q mail get 1").code, 3);
}

#[test]
fn the_command_gets_the_headers_and_goes_on_in_the_trace() {
    let program = Program::new();
    program.run("push x --header traceparent=00-1-2-01 --header source=import").ok();
    program.run("push x").ok();
    let script = "echo \"$FAIRLANE_HEADERS $TRACEPARENT ${TRACESTATE-none}\"";
    let mut work = program.command("work --until-empty -- sh -c");
    work.arg(script).env("TRACEPARENT", "00-8-9-01").env("TRACESTATE", "of=outside");
    let worked = program::Running::start(work).finish().ok();
    let traced = r#"{"source":"import","traceparent":"00-1-2-01"} 00-1-2-01 none"#;
    assert_eq!(worked.out, format!("{traced}\n{{}} 00-8-9-01 of=outside\n"));
}

#[test]
fn events_tell_each_end_and_the_sum() {
    let program = Program::new();
    program.run("push hello --lane a").ok();
    let mut worked = program.start_work("--json --until-empty", "echo to the log; exit 0");
    worked.feed(b"");
    worked.wait_for_line("to the log");
    let ran = worked.finish().ok();
    let mut events = ran.json_lines();
    assert!(number(&events[0], "started_at_ms") > 0 && number(&events[0], "duration_ms") >= 0);
    for moment in ["started_at_ms", "duration_ms"] {
        events[0][moment] = json!(null);
    }
    let job = json!({
        "event": "job", "id": "1", "lane": "a", "try": 1, "max_tries": 10, "started_at_ms": null,
        "outcome": "completed", "exit_status": 0, "duration_ms": null, "error": null,
    });
    let end = json!({
        "event": "end", "completed": 1, "retried": 0, "dead": 0, "returned": 0, "lost": 0,
    });
    assert_eq!(events, [job, end]);
}

#[test]
fn a_failing_command_is_tried_again_after_its_backoff_with_the_reason_kept() {
    let program = Program::new();
    program.run("push hello --backoff-min 1h").ok();
    let worked =
        program.start_work("--limit 1", "echo cannot reach host >&2; exit 7").finish().ok();
    assert!(worked.err.contains("cannot reach host\n"), "standard error is passed on: {worked:?}");
    let told = "job 1 (lane default, try 1) comes again: exit status 7: cannot reach host\n";
    assert!(worked.err.contains(told), "{worked:?}");
    let job = program.json("get 1");
    assert_eq!((text(&job, "state"), number(&job, "tries")), ("delayed", 1));
    assert_eq!(text(&job, "error"), "exit status 7: cannot reach host");
    assert!(number(&job, "due_at_ms") >= number(&job, "pushed_at_ms") + 3_600_000);
}

#[test]
fn tries_are_spent_and_then_the_job_is_dead() {
    let program = Program::new();
    program.run("push hello --max-tries 3 --backoff-min 1ms --backoff-max 1ms").ok();
    let events = program.work("--until-empty", "exit 1");
    assert_eq!(outcomes(&events), ["retried", "retried", "dead"]);
    let tries: Vec<_> = jobs(&events).iter().map(|job| number(job, "try")).collect();
    assert_eq!(tries, [1, 2, 3]);
    assert_eq!(text(&program.json("get 1"), "state"), "dead");
}

#[test]
fn exit_100_fails_for_good() {
    let program = Program::new();
    program.run("push hello").ok();
    let events = program.work("--until-empty", "echo no such account >&2; exit 100");
    assert_eq!(outcomes(&events), ["dead"]);
    assert_eq!(number(&events[0], "exit_status"), 100);
    let job = program.run("--json failed list").ok().json();
    assert_eq!(text(&job, "error"), "exit status 100: no such account");
}

#[test]
fn a_command_killed_by_a_signal_is_tried_again() {
    let program = Program::new();
    program.run("push hello --backoff-min 1ms --backoff-max 1ms").ok();
    let events = program.work("--until-empty", "[ $FAIRLANE_TRY = 2 ] || kill -SEGV $$");
    assert_eq!(outcomes(&events), ["retried", "completed"]);
    assert_eq!(events[0]["exit_status"], json!(null));
    assert_eq!(text(&events[0], "error"), "killed by signal 11 (SIGSEGV)");
}

#[test]
fn a_command_that_is_not_found_burns_no_tries() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\nthree\n").ok();
    let stopped = program.run("work -j 3 -- ./no-such-command");
    assert_eq!(stopped.code, 1);
    let sentence = "fairlane: cannot run \"./no-such-command\": No such file or directory";
    assert!(stopped.err.contains(sentence), "{stopped:?}");
    let stats = program.json("stats");
    assert_eq!((number(&stats, "ready"), number(&stats, "in_flight")), (3, 0));
    for id in 1..=3 {
        assert_eq!(number(&program.json(&format!("get {id}")), "tries"), 0);
    }
}

#[test]
fn a_lane_that_no_environment_can_hold_fails_its_job_and_stops_no_worker() {
    let program = Program::new();
    program
        .run_with("push --json-lines --lane-field t", b"{\"t\":\"a\\u0000b\"}\n{\"t\":\"c\"}\n")
        .ok();
    assert!(program.run("lanes").ok().out.contains("a\\u{0}b"));
    let events = program.work("--until-empty", "exit 0");
    assert_eq!(outcomes(&events), ["dead", "completed"]);
    let error = "lane name holds a NUL, which no environment variable can";
    assert_eq!(text(&program.json("get 1"), "error"), error);
}

#[test]
fn a_large_payload_arrives_whole_and_need_not_be_read() {
    let program = Program::new();
    program.run_with("push", &[b'x'; 1 << 20]).ok();
    program.run_with("push", &[b'y'; 1 << 20]).ok();
    let worked = program.start_work("--until-empty", "[ $FAIRLANE_ID = 1 ] || wc -c").finish().ok();
    assert_eq!(worked.out.trim(), "1048576");
    assert!(worked.err.contains("2 completed"), "{worked:?}");
}

#[test]
fn a_child_left_behind_holds_up_nothing() {
    let program = Program::new();
    program.run("push hello").ok();
    let script = "(until [ -e end ]; do sleep 0.01; done; >ended) & exit 0";
    let mut work = program.start_work("--json --until-empty", script);
    work.wait_for_line("\"end\"");
    wait_until("the program ends", || work.has_exited());
    program.touch("end");
    // Its folder goes with the test, and the word to end with it.
    wait_until("the child ends", || program.path("ended").exists());
}

#[test]
fn as_many_commands_run_at_once_as_are_wanted_and_no_more() {
    let program = Program::new();
    program.run_with("push --lines", &b"x\n".repeat(12)).ok();
    // The first three go on only together; each that runs takes one of three places.
    let script = "for n in 1 2 3; do mkdir place$n 2>/dev/null && mine=$n && break; done; \
                  [ -n \"$mine\" ] || { touch crowded; exit 1; }; \
                  echo >>started; until [ $(wc -l <started) -ge 3 ]; do sleep 0.01; done; \
                  rmdir place$mine";
    let events = program.work("-j 3 --until-empty", script);
    assert_eq!(outcomes(&events), ["completed"; 12]);
    assert!(!program.path("crowded").exists());
}

#[test]
fn limit_and_until_empty_end_the_work() {
    let program = Program::new();
    program.run_with("push --lines", &b"x\n".repeat(5)).ok();
    assert_eq!(outcomes(&program.work("--limit 2 -j 4", "exit 0")).len(), 2);
    assert_eq!(number(&program.json("stats"), "ready"), 3);
    // What is delayed is waited for; what waits for a dead job is not.
    program.run("push late --delay 300ms").ok();
    program.run("push parent --lane p").ok();
    program.run("push child --after 7").ok();
    let events = program.work("--until-empty", "[ $FAIRLANE_LANE = default ] || exit 100");
    assert_eq!(outcomes(&events).len(), 5);
    assert_eq!(number(&program.json("stats"), "blocked"), 1);
    assert_eq!(outcomes(&program.work("--until-empty", "exit 0")), [""; 0]);
}

#[test]
fn a_rate_holds_across_commands() {
    let program = Program::new();
    program.run_with("push --lines --lane a --rate 4/500ms", &b"x\n".repeat(13)).ok();
    let events = program.work("-j 8 --until-empty", "exit 0");
    let mut starts: Vec<_> = jobs(&events).iter().map(|job| number(job, "started_at_ms")).collect();
    starts.sort_unstable();
    assert_eq!(starts.len(), 13);
    for window in starts.windows(5) {
        assert!(window[4] - window[0] >= 500, "{starts:?}");
    }
}

#[test]
fn lanes_take_turns() {
    let program = Program::new();
    program.run_with("push --lines --lane noisy", &b"x\n".repeat(20)).ok();
    program.run_with("push --lines --lane small", b"x\nx\n").ok();
    let events = program.work("--limit 4", "exit 0");
    let lanes: Vec<_> = jobs(&events).iter().map(|job| text(job, "lane")).collect();
    assert_eq!(lanes, ["noisy", "small", "noisy", "small"]);
}

#[test]
fn a_command_may_push_into_its_own_queue() {
    let program = Program::new();
    program.run("push first -q mail --url sqlite:jobs.db").ok();
    let script = format!(
        "[ $(cat) = second ] || {{ cd /; {} push second --lane follow-up; }}",
        env!("CARGO_BIN_EXE_fairlane")
    );
    let events = program.work("-q mail -u jobs.db --until-empty", &script);
    let lanes: Vec<_> = jobs(&events).iter().map(|job| text(job, "lane")).collect();
    assert_eq!(lanes, ["default", "follow-up"]);
}
