//! The program: pop and its kin, for scripts that take a job in one process and end its delivery in
//! another.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use program::{Program, number, text};
use serde_json::json;

/// Pops a job in a process of its own and gives its token.
fn pop(program: &Program) -> String {
    text(&program.json("pop"), "token").to_owned()
}

#[test]
fn a_delivery_outlives_the_process_that_popped_it() {
    let program = Program::new();
    program.run("push hello --lane a").ok();
    let mut job = program.json("pop --lease 1h");
    let (token, started_at) = (text(&job, "token").to_owned(), number(&job, "started_at_ms"));
    assert_eq!(number(&job, "lease_until_ms"), started_at + 3_600_000);
    for field in ["token", "pushed_at_ms", "started_at_ms", "lease_until_ms"] {
        job[field] = json!(null);
    }
    assert_eq!(
        job,
        json!({
            "id": "1", "token": null, "lane": "a", "payload": "hello", "priority": 1, "cost": 1,
            "tries": 1, "max_tries": 10, "lapses": 0, "pushed_at_ms": null, "started_at_ms": null,
            "lease_until_ms": null, "key": null, "after": null, "error": null, "headers": {},
        })
    );
    // Others that pop take over from the dead: this lease is nobody's, so they leave it.
    assert_eq!(program.run("pop").code, 3);
    program.run("push other").ok();
    program.run("work --limit 1 -- true").ok();
    assert_eq!(text(&program.json("get 1"), "state"), "leased");
    assert_eq!(program.json(&format!("complete {token}")), json!({ "id": "1", "completed": true }));
    assert_eq!(number(&program.json("stats"), "completed"), 2);
}

#[test]
fn the_payload_goes_to_standard_output_alone() {
    let program = Program::new();
    program.run_with("push", b"two\nlines\n").ok();
    let popped = program.run("pop").ok();
    assert_eq!(popped.out, "two\nlines\n");
    assert!(popped.err.starts_with("fairlane: job 1 of lane default, token 1.1."), "{popped:?}");
}

#[test]
fn nothing_to_pop_is_told_by_the_exit_code() {
    let program = Program::new();
    program.run("push later --delay 1h").ok();
    let nothing = program.run("--json pop --wait 10ms");
    assert_eq!((nothing.code, nothing.out.as_str()), (3, ""));
    assert_eq!(
        nothing.err,
        "{\"error\":{\"code\":\"Nothing\",\"message\":\"no job may start now\"}}\n"
    );
}

#[test]
fn a_waiting_pop_gets_what_is_pushed_meanwhile() {
    let program = Program::new();
    program.run("push first").ok();
    program.run("pop --lease 0").ok();
    let waiting = program::Running::start(program.command("--json pop --wait 1m"));
    program.run("push second").ok();
    assert_eq!(text(&waiting.finish().ok().json(), "payload"), "second");
}

#[test]
fn lease_0_takes_a_job_for_good() {
    let program = Program::new();
    program.run("push hello").ok();
    assert_eq!(program.json("pop --lease 0")["lease_until_ms"], json!(null));
    assert_eq!(program.run("get 1").code, 3);
}

#[test]
fn a_delivery_ends_in_four_ways() {
    let program = Program::new();
    program.run("push hello --max-tries 3 --backoff-min 1h").ok();

    let token = pop(&program);
    assert_eq!(program.json(&format!("release {token}")), json!({ "id": "1", "released": true }));
    assert_eq!(number(&program.json("get 1"), "tries"), 0);

    let token = pop(&program);
    let retried = program.json(&format!("retry {token} --error flaky --delay 0"));
    assert_eq!(retried, json!({ "id": "1", "retried": true }));
    assert_eq!(text(&program.json("get 1"), "error"), "flaky");

    let token = pop(&program);
    program.run(&format!("retry {token}")).ok();
    assert_eq!(text(&program.json("get 1"), "state"), "delayed");

    program.run("push other").ok();
    let token = pop(&program);
    assert_eq!(program.json(&format!("fail {token} -e bad")), json!({ "id": "2", "failed": true }));
    assert_eq!(text(&program.json("get 2"), "state"), "dead");
}

#[test]
fn a_result_is_read_by_another_process() {
    let program = Program::new();
    program.run("push hello").ok();
    assert_eq!(program.run("result 1").code, 1, "it has not ended");
    let waiting = program::Running::start(program.command("result 1 --wait 1m"));
    let token = pop(&program);
    program.run_with(&format!("complete {token} --result - --result-ttl 1h"), b"two\nlines\n").ok();
    assert_eq!(waiting.finish().ok().out, "two\nlines\n");
    assert_eq!(program.json("result 1"), json!({ "id": "1", "result": "two\nlines\n" }));
}

#[test]
fn what_has_no_result_is_told_by_the_exit_code() {
    let program = Program::new();
    program.run("push none").ok();
    program.run(&format!("complete {}", pop(&program))).ok();
    assert_eq!(program.run("result 1 --wait 1m").code, 3);
    program.run("push bad").ok();
    program.run(&format!("fail {} --error broken", pop(&program))).ok();
    let dead = program.run("--json result 2");
    assert_eq!(dead.code, 1);
    let error = r#"{"error":{"code":"JobFailed","message":"job 2 is dead: broken"}}"#;
    assert_eq!(dead.err.trim_end(), error);
    assert_eq!(program.run("result 3").code, 2, "no push gave that id");
}

#[test]
fn a_lease_is_extended() {
    let program = Program::new();
    program.run("push hello").ok();
    let token = pop(&program);
    let before = number(&program.json("get 1"), "lease_until_ms");
    let extended = program.json(&format!("extend {token} --lease 1h"));
    assert_eq!(extended, json!({ "id": "1", "lease_ms": 3_600_000 }));
    assert!(number(&program.json("get 1"), "lease_until_ms") > before);
    assert_eq!(program.run(&format!("extend {token} --lease 0")).code, 2);
}

#[test]
fn a_stale_token_changes_nothing() {
    let program = Program::new();
    program.run("push hello").ok();
    let token = pop(&program);
    program.run(&format!("release {token}")).ok();
    for verb in ["complete", "retry", "release", "fail", "extend"] {
        let stale = program.run(&format!("--json {verb} {token}"));
        assert_eq!(stale.code, 1, "{verb}");
        assert!(stale.err.starts_with(r#"{"error":{"code":"StaleToken","#), "{verb}: {stale:?}");
    }
    assert_eq!(text(&program.json("get 1"), "state"), "ready");
    assert_eq!(program.run("complete garbage").code, 2);
}
