//! The program: looking at a queue, changing lanes, removing jobs; and what all commands share.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use program::{Program, number, text};
use serde_json::{Value, json};

#[test]
fn help_and_version_and_usage() {
    let program = Program::new();
    assert!(program.run("--help").ok().out.contains("Exit codes"));
    assert!(program.run("--version").ok().out.starts_with("fairlane "));
    let wrong = program.run("push --nonsense");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("--nonsense"), "{wrong:?}");
    let wrong = program.run("--json get x");
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    let error: Value = serde_json::from_str(&wrong.err).unwrap();
    assert_eq!(text(&error["error"], "code"), "InvalidArgument");
    assert!(text(&error["error"], "message").contains("job id \"x\""), "{error}");
}

#[test]
fn a_value_that_the_queue_refuses_is_a_usage_error_and_changes_nothing() {
    let program = Program::new();
    let refused = program.run("push hello --priority 10");
    assert_eq!(refused.code, 2);
    assert_eq!(refused.err, "fairlane: priority 10 is out of range: accepted are 0 to 9\n");
    assert_eq!(program.run("push hello --max-tries 0").code, 2);
    assert_eq!(program.run("push hello --tps -1").code, 2);
    assert_eq!(program.run("push hello --delay 5parsecs").code, 2);
    assert_eq!(program.run("--url amqp://host push hello").code, 2);
    assert_eq!(program.run("--url memory: push hello").code, 2);
    assert_eq!(number(&program.json("stats"), "pushed"), 0);
}

#[test]
fn a_look_makes_no_file() {
    let program = Program::new();
    for line in [
        "stats",
        "metrics",
        "lanes",
        "peek",
        "get 1",
        "cancel 1",
        "failed list",
        "dethrottle",
        "repair",
        "pop",
    ] {
        let ran = program.run(line);
        assert_eq!(ran.code, 1, "{line}: {ran:?}");
        let sentence = "fairlane: file \"fairlane.db\" does not exist: a push makes it\n";
        assert_eq!(ran.err, sentence, "{line}");
    }
    assert_eq!(std::fs::read_dir(program.folder()).unwrap().count(), 0);
}

#[test]
fn url_and_queue_come_from_options_or_the_environment() {
    let program = Program::new();
    program.run("-u other.db -q mail push hello").ok();
    let mut stats = program.command("stats --json");
    stats.env("FAIRLANE_URL", "sqlite:other.db").env("FAIRLANE_QUEUE", "mail");
    let stats = program::Running::start(stats).finish().ok().json();
    assert_eq!((text(&stats, "queue"), number(&stats, "ready")), ("mail", 1));
    assert_eq!(number(&program.json("stats --url other.db"), "ready"), 0);
}

#[test]
fn stats_count_everything() {
    let program = Program::new();
    program.run("push one").ok();
    program.run("push two --lane b --delay 1h").ok();
    assert_eq!(
        program.json("stats"),
        json!({
            "queue": "default", "ready": 1, "delayed": 1, "blocked": 0, "in_flight": 0, "dead": 0,
            "quarantined": 0, "lanes": 2, "paused": false, "rate_count": 0, "rate_window_ms": 1000,
            "max_in_flight": 0, "max_waiting": 0, "pushed": 2, "completed": 0, "retried": 0,
            "died": 0, "lapsed": 0,
        })
    );
    assert!(program.run("stats").ok().out.contains("delayed"));
}

#[test]
fn a_job_is_looked_at_whole() {
    let program = Program::new();
    let options = "--lane a --priority 5 --cost 2 --key k --max-tries 3 --delay 1h --after 1";
    program.run("push parent --delay 1h").ok();
    assert_eq!(program.run(&format!("push child {options}")).ok().out, "2\n");
    let mut job = program.json("get 2");
    let pushed_at = number(&job, "pushed_at_ms");
    assert_eq!(number(&job, "due_at_ms"), pushed_at + 3_600_000);
    for moment in ["pushed_at_ms", "due_at_ms"] {
        job[moment] = json!(null);
    }
    assert_eq!(
        job,
        json!({
            "id": "2", "state": "blocked", "lane": "a", "payload": "child", "priority": 5,
            "cost": 2, "tries": 0, "max_tries": 3, "lapses": 0, "pushed_at_ms": null,
            "due_at_ms": null, "lease_until_ms": null, "died_at_ms": null, "key": "k",
            "after": "1", "parent_dead": false, "error": null, "headers": {},
        })
    );
    assert!(program.run("get 2").ok().out.contains("blocked"));
    assert_eq!(program.run("get 2 --payload").ok().out, "child\n");
    assert_eq!(program.run("get 7").code, 3);
}

#[test]
fn a_payload_that_is_no_text_is_shown_in_base64() {
    let program = Program::new();
    program.run_with("push", b"\xff\x00").ok();
    let job = program.json("get 1");
    assert_eq!((text(&job, "payload_base64"), &job["payload"]), ("/wA=", &json!(null)));
}

#[test]
fn peek_shows_the_next_jobs_in_order() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\nthree\n").ok();
    program.run("push urgent --priority 9").ok();
    let jobs = program.run("--json peek -n 3").ok().json_lines();
    let payloads: Vec<_> = jobs.iter().map(|job| text(job, "payload")).collect();
    assert_eq!(payloads, ["urgent", "one", "two"]);
    assert_eq!(program.run("peek").ok().out.lines().count(), 4);
    assert_eq!(program.run("peek elsewhere").ok().out, "");
}

#[test]
fn lanes_show_counts_states_and_limits() {
    let program = Program::new();
    program.run("push x --lane a --tps 10").ok();
    program.run_with("push --lines --lane b", b"x\ny\n").ok();
    program.run("pause b").ok();
    let lanes = program.run("--json lanes").ok().json_lines();
    assert_eq!(
        lanes,
        [
            json!({
                "lane": "a", "state": "ready", "ready": 1, "delayed": 0, "blocked": 0,
                "in_flight": 0, "paused": false, "wakes_at_ms": null, "rate_count": 10,
                "rate_window_ms": 1000, "max_in_flight": 0, "max_waiting": 0, "weight": 1,
            }),
            json!({
                "lane": "b", "state": "paused", "ready": 2, "delayed": 0, "blocked": 0,
                "in_flight": 0, "paused": true, "wakes_at_ms": null, "rate_count": 0,
                "rate_window_ms": 1000, "max_in_flight": 0, "max_waiting": 0, "weight": 1,
            }),
        ]
    );
    let by_waiting = program.run("--json lanes --sort waiting -n 1").ok().json();
    assert_eq!(text(&by_waiting, "lane"), "b");
    assert_eq!(text(&program.json("lanes a"), "lane"), "a");
    let table = program.run("lanes").ok().out;
    assert!(table.lines().any(|line| line.starts_with("a ") && line.ends_with("10/s")), "{table}");
}

#[test]
fn watching_goes_on_until_nobody_reads_and_then_ends_in_silence() {
    let program = Program::new();
    program.run("push x --lane a").ok();
    let mut watch = program.command("lanes --watch --interval 10ms --json");
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(watch.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        let look: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
        assert_eq!(text(&look["lanes"][0], "lane"), "a");
        assert!(number(&look, "at_ms") > 0);
    }
    drop(out);
    let end = watch.wait_with_output().unwrap();
    assert_eq!((end.status.code(), end.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn limits_are_set_shown_and_lifted() {
    let program = Program::new();
    let limits = program.json("limit a --rate 100/1m --max-in-flight 5 --max-waiting 9 --weight 3");
    assert_eq!(
        limits,
        json!({
            "lane": "a", "rate_count": 100, "rate_window_ms": 60000, "max_in_flight": 5,
            "max_waiting": 9, "weight": 3,
        })
    );
    let shown = program.run("limit a").ok().out;
    assert_eq!(shown, "lane a: 100/1m, 5 in flight, 9 waiting, weight 3\n");
    assert_eq!(program.run("limit a --rate none").ok().out.find("100"), None);
    let queue = program.json("limit --all --tps 7");
    assert_eq!((&queue["lane"], number(&queue, "rate_count")), (&json!(null), 7));
    assert_eq!(program.run("limit --tps 7").code, 2, "neither a lane nor --all");
    assert_eq!(program.run("limit --all --weight 2").code, 2);
}

#[test]
fn a_full_lane_refuses() {
    let program = Program::new();
    program.run("limit a --max-waiting 1").ok();
    program.run("push x --lane a").ok();
    let full = program.run("--json push y --lane a");
    assert_eq!(full.code, 1);
    assert!(full.err.starts_with(r#"{"error":{"code":"QueueFull","#), "{full:?}");
}

#[test]
fn lanes_are_paused_resumed_and_throttled() {
    let program = Program::new();
    program.run("push x --lane a").ok();
    assert_eq!(program.json("pause a"), json!({ "lane": "a", "paused": true }));
    assert_eq!(program.run("pop").code, 3);
    assert_eq!(program.run("resume a").ok().out, "lane a is not paused\n");
    let throttled = program.json("throttle a --for 1h");
    assert_eq!(throttled, json!({ "lane": "a", "throttled_for_ms": 3_600_000 }));
    assert_eq!(text(&program.json("lanes"), "state"), "throttled");
    assert_eq!(program.run("pop").code, 3);
    program.run("throttle a --for 0").ok();
    program.run("pause --all").ok();
    assert_eq!(program.run("pop").code, 3);
    program.run("resume --all").ok();
    assert_eq!(program.json("dethrottle"), json!({ "due": 0, "lapsed": 0, "woken": 0 }));
    assert_eq!(text(&program.json("pop"), "lane"), "a");
}

#[test]
fn repair_tells_what_it_looked_at() {
    let program = Program::new();
    program.run("push x --lane a").ok();
    assert_eq!(program.run("repair").ok().out, "1 jobs in 1 lanes: all is in order\n");
    let repaired = program.json("repair");
    assert_eq!((number(&repaired, "jobs"), number(&repaired, "mended_lanes")), (1, 0));
}

#[test]
fn cancel_removes_jobs_and_says_which_were_not_there() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\n").ok();
    let answers = program.run("--json cancel 2 7").ok().json_lines();
    let gone = |id, cancelled| json!({ "id": id, "cancelled": cancelled });
    assert_eq!(answers, [gone("2", true), gone("7", false)]);
    assert_eq!(program.run("cancel 2").code, 3);
    assert_eq!(number(&program.json("stats"), "ready"), 1);
}

#[test]
fn purge_wants_a_yes() {
    let program = Program::new();
    program.run_with("push --lines --lane a", b"one\ntwo\n").ok();
    program.run("push x --lane b").ok();
    let refused = program.run("purge a");
    assert_eq!(refused.code, 2);
    let sentence = "fairlane: to remove 2 waiting jobs of lane a without a terminal, say --yes\n";
    assert_eq!(refused.err, sentence);
    assert_eq!(program.json("purge a --yes"), json!({ "lane": "a", "purged": 2 }));
    assert_eq!(program.run("purge --yes").code, 2, "neither a lane nor --all");
    assert_eq!(program.json("purge --all --yes"), json!({ "lane": null, "purged": 1 }));
}

#[test]
fn dead_jobs_are_listed_restored_and_forgotten() {
    let program = Program::new();
    program.run_with("push --lines --lane a", b"one\ntwo\n").ok();
    program.run_with("push --lines --lane b", b"three\nfour\n").ok();
    for _ in 0..4 {
        let token = text(&program.json("pop"), "token").to_owned();
        program.run(&format!("fail {token} --error broken")).ok();
    }
    let dead = program.run("--json failed list -n 3").ok().json_lines();
    assert_eq!(dead.len(), 3);
    assert!(dead.iter().all(|job| text(job, "state") == "dead" && text(job, "error") == "broken"));
    assert!(program.run("failed list").ok().out.contains("(broken)"));
    assert_eq!(program.json("failed restore 1 99"), json!({ "restored": 1 }));
    assert_eq!(program.json("failed restore --lane a"), json!({ "restored": 1 }));
    assert_eq!(program.run("failed clean --lane b").code, 2, "without a yes");
    assert_eq!(program.json("failed clean 3"), json!({ "cleaned": 1 }));
    assert_eq!(program.json("failed clean --all --yes"), json!({ "cleaned": 1 }));
    assert_eq!(program.run("failed list").ok().out, "");
    assert_eq!(program.run("failed restore").code, 2, "neither ids nor --lane nor --all");
}

#[test]
fn metrics_are_told_in_prometheus_format() {
    let program = Program::new();
    program.run("push --lane tenant one").ok();
    program.run("push --lane tenant two --delay 1h").ok();
    let token = text(&program.json("pop"), "token").to_owned();
    program.run(&format!("complete {token}")).ok();
    let told = program.run("metrics").ok().out;
    for line in [
        "# TYPE fairlane_jobs_waiting gauge",
        "fairlane_jobs_waiting{queue=\"default\",state=\"ready\"} 0",
        "fairlane_jobs_waiting{queue=\"default\",state=\"delayed\"} 1",
        "# TYPE fairlane_jobs_completed_total counter",
        "fairlane_jobs_completed_total{queue=\"default\"} 1",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert!(!told.contains("tenant"), "{told}");
    let push = r#"{"t":"a\"b\\c\nd"}"#;
    program.run_with("push --json-lines --lane-field t", push.as_bytes()).ok();
    let told = program.run("metrics --lanes").ok().out;
    let line = r#"fairlane_lane_state{queue="default",lane="a\"b\\c\nd",state="ready"} 1"#;
    assert!(told.lines().any(|told| told == line), "{told}");
}
