//! The conformance scenarios on every store, through the Rust surface.

use std::fs;
use std::sync::Once;

use fairlane_tests::conformance::{Bench, Place, Scenario, transcript};
use fairlane_tests::redis::RedisServer;
use similar::TextDiff;

/// Writes the answers of the model into the scenarios, if `CONFORMANCE=write` asks for that.
fn write_answers() {
    static WRITTEN: Once = Once::new();
    if std::env::var("CONFORMANCE").is_ok_and(|wish| wish == "write") {
        WRITTEN.call_once(|| {
            for scenario in Scenario::all() {
                let answers = transcript(&scenario.text, Bench::new(&Place::Model));
                fs::write(&scenario.path, answers).expect("write");
            }
        });
    }
}

fn hold_on(place: &Place) {
    write_answers();
    let mut differing = String::new();
    for scenario in Scenario::all() {
        let got = transcript(&scenario.text, Bench::new(place));
        let diff = TextDiff::from_lines(&scenario.text, &got);
        if got != scenario.text {
            let name = scenario.name();
            differing += &diff.unified_diff().header(&name, place.name()).to_string();
        }
    }
    assert!(differing.is_empty(), "transcripts differ:\n{differing}");
}

#[test]
fn scenarios_hold_on_the_model() {
    hold_on(&Place::Model);
}

#[test]
fn scenarios_hold_in_memory() {
    hold_on(&Place::Memory);
}

#[test]
fn scenarios_hold_in_a_file() {
    hold_on(&Place::File);
}

#[test]
fn scenarios_hold_on_redis() {
    hold_on(&Place::Redis(RedisServer::start(&[])));
}
