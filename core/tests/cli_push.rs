//! The program: pushing one job, and streams of them.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use std::fmt::Write;

use program::{Program, Running, number, text, wait_until};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn one_job_from_the_arguments_or_from_standard_input() {
    let program = Program::new();
    assert_eq!(program.run("push hello").ok().out, "1\n");
    assert_eq!(program.json("push hello"), json!({ "id": "2", "is_new": true }));
    assert_eq!(program.run_with("push", b"whole\ninput\n").ok().out, "3\n");
    assert_eq!(program.run_with("push -", b"").ok().out, "4\n");
    assert_eq!(program.run("get 3 --payload").ok().out, "whole\ninput\n");
    assert_eq!(text(&program.json("get 4"), "payload"), "");
}

#[test]
fn options_of_the_job() {
    let program = Program::new();
    program.run("push x --lane a --rate 5/1m --at 2999-12-31T23:00:00Z --max-tries -1").ok();
    let job = program.json("get 1");
    assert_eq!(number(&job, "due_at_ms"), 32_503_676_400_000);
    assert_eq!(number(&job, "max_tries"), -1);
    assert_eq!(number(&program.json("limit a"), "rate_window_ms"), 60_000);
    assert_eq!(program.run("push x --delay 1s --at 0").code, 2);
    assert_eq!(program.run("push x --backoff-factor NaN").code, 2);
    assert_eq!(program.run("push x --backoff-min 1h --backoff-max 1m").code, 2);

    program.run("push x --lane b --backoff-min 2h --no-jitter").ok();
    let popped = program.json("pop");
    let (token, started_at) = (text(&popped, "token"), number(&popped, "started_at_ms"));
    program.run(&format!("retry {token}")).ok();
    let wait = number(&program.json("get 2"), "due_at_ms") - started_at;
    assert!((7_200_000..7_260_000).contains(&wait), "{wait} ms");
}

#[test]
fn headers_are_named_one_by_one() {
    let program = Program::new();
    program.run("push x --header source=import --header query=a=b --header empty=").ok();
    let headers = json!({ "source": "import", "query": "a=b", "empty": "" });
    assert_eq!(program.json("get 1")["headers"], headers);
    assert!(program.run("get 1").ok().out.contains("query=a=b"));
    assert_eq!(program.json("pop")["headers"], headers);
    assert_eq!(program.run("push x --header source").code, 2);
    assert_eq!(program.run("push x --header =import").code, 2);
}

#[test]
fn a_key_makes_one_job() {
    let program = Program::new();
    assert_eq!(program.json("push x --key k"), json!({ "id": "1", "is_new": true }));
    assert_eq!(program.json("push x --key k"), json!({ "id": "1", "is_new": false }));
    assert_eq!(program.run("push x --key k").ok().out, "1\n");
    assert_eq!(number(&program.json("stats"), "pushed"), 1);
}

#[test]
fn lines_become_jobs() {
    let program = Program::new();
    let tally = program.run_with("--json push --lines --lane a", b"one\r\n\n  \ntwo\nthree").ok();
    assert_eq!(
        tally.json(),
        json!({ "pushed": 3, "existing": 0, "skipped": 0, "lines": 5, "interrupted": false })
    );
    let jobs = program.run("--json peek a").ok().json_lines();
    let payloads: Vec<_> = jobs.iter().map(|job| text(job, "payload")).collect();
    assert_eq!(payloads, ["one", "two", "three"]);
    assert_eq!(program.run("push --lines").ok().out, "0 jobs pushed\n");
}

#[test]
fn json_lines_name_their_lanes_priorities_and_keys() {
    let program = Program::new();
    let input = concat!(
        r#"{"tenant":"a","id":1}"#,
        "\n",
        r#"{"tenant":"b","id":2,"urgency":9}"#,
        "\n",
        r#"{"id":3}"#,
        "\n",
    );
    let line = "--json push --json-lines --lane-field tenant --lane rest --priority-field urgency \
                --key-field /id --key-ttl 1h";
    let first = program.run_with(line, input.as_bytes()).ok().json();
    assert_eq!((number(&first, "pushed"), number(&first, "existing")), (3, 0));
    for (id, lane, priority) in [(1, "a", 1), (2, "b", 9), (3, "rest", 1)] {
        let job = program.json(&format!("get {id}"));
        assert_eq!((text(&job, "lane"), number(&job, "priority")), (lane, priority));
        assert_eq!(text(&job, "key"), id.to_string());
    }
    let again = program.run_with(line, input.as_bytes()).ok().json();
    assert_eq!((number(&again, "pushed"), number(&again, "existing")), (0, 3));
}

#[test]
fn a_malformed_line_stops_the_stream_with_its_number() {
    let program = Program::new();
    let input = b"{\"t\":\"a\"}\n{\"t\":\"a\"}\n\n{oops\n{\"t\":\"a\"}\n";
    let stopped = program.run_with("push --json-lines --lane-field t", input);
    assert_eq!((stopped.code, stopped.out.as_str()), (1, ""));
    assert!(stopped.err.starts_with("fairlane: line 4: not JSON: "), "{stopped:?}");
    let end = "2 jobs pushed, the first 3 lines are done: go on from line 4\n";
    assert!(stopped.err.ends_with(end), "{stopped:?}");
    assert_eq!(number(&program.json("stats"), "pushed"), 2);

    let stopped = program.run_with("--json push --json-lines --lane-field t", b"{}\n");
    assert_eq!((stopped.code, number(&stopped.json(), "lines")), (1, 0));
    assert!(stopped.err.starts_with(r#"{"error":{"code":"Input","message":"line 1: field"#));
}

#[test]
fn malformed_lines_are_skipped_and_told_if_that_is_wanted() {
    let program = Program::new();
    let input = b"{}\n{oops\n7\n";
    let tally = program.run_with("push --json-lines --skip-malformed", input).ok();
    assert_eq!(tally.out, "2 jobs pushed, 1 malformed lines skipped\n");
    assert!(tally.err.starts_with("fairlane: line 2 is skipped: not JSON: "), "{tally:?}");
}

#[test]
fn a_refused_batch_says_where_to_go_on() {
    let program = Program::new();
    program.run("limit a --max-waiting 3").ok();
    let refused = program.run_with("push --lines --lane a", b"1\n2\n3\n4\n");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("0 jobs pushed, the first 0 lines are done: go on from line 1"));
    assert_eq!(number(&program.json("stats"), "pushed"), 0);
}

#[test]
fn a_silent_stream_is_pushed_as_it_comes_and_hears_ctrl_c() {
    let program = Program::new();
    let mut push = Running::start(program.command("--json push --lines --url sqlite:jobs.db"));
    push.feed(b"one\ntwo\n");
    wait_until("both jobs are pushed", || {
        let stats = program.run("--json --url jobs.db stats");
        stats.code == 0 && number(&stats.json(), "ready") == 2
    });
    push.signal(Signal::INT);
    let ended = push.wait_for_line("interrupted");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&ended).unwrap(),
        json!({ "pushed": 2, "existing": 0, "skipped": 0, "lines": 2, "interrupted": true })
    );
    assert_eq!(push.finish().code, 130);
}

#[test]
fn an_interrupted_stream_tells_what_is_durable_to_the_line() {
    const LINES: usize = 200_000;
    let program = Program::new();
    let mut input = String::new();
    for number in 1..=LINES {
        writeln!(input, "{number}").unwrap();
    }
    let mut push = Running::start(program.command("push --lines --json"));
    // The stream does not end by itself, however late the signal comes.
    let feeding = push.feed_beside(input.into_bytes());
    wait_until("some jobs are pushed", || {
        let stats = program.run("--json stats");
        push.has_exited() || stats.code == 0 && number(&stats.json(), "pushed") > 0
    });
    push.signal(Signal::TERM);
    let ended = push.finish();
    drop(feeding.join());
    let tally = ended.json();
    assert_eq!((ended.code, &tally["interrupted"]), (143, &json!(true)), "{tally}");
    let lines = number(&tally, "lines");
    assert!((1..=LINES as i64).contains(&lines), "{lines} lines");
    assert_eq!(lines, number(&tally, "pushed"));
    assert_eq!(lines, number(&program.json("stats"), "pushed"));
    assert_eq!(text(&program.json(&format!("get {lines}")), "payload"), lines.to_string());
}
