//! The conformance scenarios on every store, through the Rust surface.

use std::collections::BTreeSet;
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

/// Gives the first words of lines that have one.
fn verbs<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let word = |line: &'a str| line.split(' ').next().filter(|word| !word.is_empty());
    lines.filter(|line| !line.starts_with(['#', '=', '-', '!'])).filter_map(word).collect()
}

#[test]
fn every_verb_of_the_format_is_shown_and_no_other() {
    let format = include_str!("../conformance/README.md");
    let (_, table) = format.split_once("## Calls").unwrap();
    let names = table.lines().filter_map(|row| row.strip_prefix("| `")?.split(" |").next());
    let documented = names.flat_map(|names| names.trim_matches('`').split("`, `"));
    let scenarios = Scenario::all();
    let shown = scenarios.iter().flat_map(|scenario| verbs(scenario.text.lines()));
    let shown: BTreeSet<_> = shown.filter(|verb| *verb != "needs").collect();
    assert_eq!(shown, documented.collect());
}

#[test]
fn every_scenario_says_first_what_rule_it_shows() {
    let scenarios = Scenario::all();
    assert!(scenarios.len() >= 60);
    for scenario in scenarios {
        assert!(scenario.text.starts_with("# "), "{}", scenario.name());
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
