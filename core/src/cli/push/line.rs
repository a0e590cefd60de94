//! From a line of the stream to a job.

use serde_json::Value;

use crate::cli::push::stream::StreamTerms;
use crate::cli::push::terms::Terms;
use crate::job::NewJob;

/// Makes the job of a line, or says what is wrong with the line.
pub(super) fn job_of(
    line: Vec<u8>,
    stream: &StreamTerms,
    terms: &Terms,
    max_payload: usize,
) -> Result<NewJob, String> {
    let fields = if stream.json_lines { Some(parse(&line)?) } else { None };
    let mut job = terms.job(line);
    if let Some(value) = &fields {
        take_fields(&mut job, value, stream, terms)?;
    }
    job.validate(max_payload).map_err(|error| error.message().to_owned())?;
    Ok(job)
}

fn parse(line: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(line).map_err(|error| format!("not JSON: {error}"))
}

fn take_fields(
    job: &mut NewJob,
    value: &Value,
    stream: &StreamTerms,
    terms: &Terms,
) -> Result<(), String> {
    if let Some(name) = &stream.lane_field {
        match (find(value, name), &terms.lane) {
            (Some(lane), _) => job.lane = as_text(lane, name)?,
            // The lane of the command line is for the lines that name none.
            (None, Some(_)) => {}
            (None, None) => return Err(format!("field {name:?} is missing, and so is --lane")),
        }
    }
    if let Some(name) = &stream.priority_field
        && let Some(priority) = find(value, name)
    {
        job.priority = priority
            .as_i64()
            .ok_or_else(|| format!("field {name:?} is {priority}: accepted are 0 to 9"))?;
    }
    if let Some(name) = &stream.key_field {
        // Without its key the line would make a second job when it is pushed again.
        let key = find(value, name).ok_or_else(|| format!("field {name:?} is missing"))?;
        *job = std::mem::replace(job, NewJob::new("")).key(as_text(key, name)?, terms.key_ttl);
    }
    Ok(())
}

/// Finds a field by its name, or by a JSON pointer (`/customer/name`).
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    if name.starts_with('/') { value.pointer(name) } else { value.get(name) }
        .filter(|value| !value.is_null())
}

fn as_text(value: &Value, name: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("field {name:?} is {other}: accepted are a string and a number")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Options {
        #[command(flatten)]
        stream: StreamTerms,
        #[command(flatten)]
        terms: Terms,
    }

    fn job(line: &str, options: &str) -> Result<NewJob, String> {
        let options = format!("x --json-lines {options}");
        let options = Options::try_parse_from(options.split_whitespace()).unwrap();
        job_of(line.as_bytes().to_vec(), &options.stream, &options.terms, 100)
    }

    #[test]
    fn fields_name_lane_priority_and_key() {
        let line = r#"{"tenant":7,"urgent":9,"order":{"id":"o-1"}}"#;
        let options = "--lane-field tenant --priority-field urgent --key-field /order/id";
        let job = job(line, options).unwrap();
        assert_eq!((job.lane.as_str(), job.priority), ("7", 9));
        assert_eq!(job.key.unwrap().name, "o-1");
        assert_eq!(job.payload, line.as_bytes());
    }

    #[test]
    fn a_line_without_lane_goes_to_the_named_one_or_is_refused() {
        assert_eq!(job("{}", "--lane-field t --lane x").unwrap().lane, "x");
        let refused = job("{}", "--lane-field t").unwrap_err();
        assert_eq!(refused, r#"field "t" is missing, and so is --lane"#);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, options, wrong) in [
            ("{", "", "not JSON"),
            (r#"{"t":[1]}"#, "--lane-field t", r#"field "t" is [1]"#),
            (r#"{"t":""}"#, "--lane-field t", "lane name of 0 bytes"),
            (r#"{"p":"high"}"#, "--priority-field p", r#"field "p" is "high""#),
            (r#"{"p":10}"#, "--priority-field p", "priority 10 is out of range"),
            ("{}", "--key-field k", r#"field "k" is missing"#),
        ] {
            let refused = job(line, options).unwrap_err();
            assert!(refused.starts_with(wrong), "{line}: {refused}");
        }
        let long = format!("\"{}\"", "x".repeat(100));
        assert!(job(&long, "").unwrap_err().starts_with("payload of 102 bytes"));
    }
}
