//! Reading lines on a thread of its own, so that Ctrl-C is heard while the input is silent.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::cli::failure::Failure;

/// How much is read from the input at once, and the most bytes of short lines in one chunk.
const CHUNK_BYTES: usize = 256 << 10;
/// The most lines in one chunk: as many jobs as are pushed in one commit.
const CHUNK_LINES: usize = 1_000;
/// How many chunks are read ahead of the pushes.
const CHUNKS_AHEAD: usize = 2;

/// A line of the input, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number; the first is 1.
    pub(super) number: u64,
    /// Its bytes, or what is wrong with it.
    pub(super) content: Result<Vec<u8>, String>,
}

/// Lines that were there at once, or the end of a broken input.
pub(super) type Chunk = io::Result<Vec<Line>>;

/// Starts to read; the channel closes with the end of the input. The thread ends with the input or
/// the receiver; a process that ends does not wait for it.
pub(super) fn read(
    input: impl Read + Send + 'static,
    max_length: usize,
) -> Result<Receiver<Chunk>, Failure> {
    let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
    let mut lines = Lines {
        input: BufReader::with_capacity(CHUNK_BYTES, input),
        max_length: u64::try_from(max_length).unwrap_or(u64::MAX),
        number: 0,
    };
    std::thread::Builder::new()
        .name("fairlane-input".into())
        .spawn(move || lines.send_all(&sender))
        .map_err(|error| Failure::system(format!("no thread to read the input: {error}")))?;
    Ok(receiver)
}

struct Lines<R> {
    input: BufReader<R>,
    max_length: u64,
    number: u64,
}

impl<R: Read> Lines<R> {
    fn send_all(&mut self, sender: &SyncSender<Chunk>) {
        loop {
            let chunk = self.chunk();
            let is_last = chunk.as_ref().map_or(true, Vec::is_empty);
            let is_end = chunk.as_ref().is_ok_and(Vec::is_empty);
            if is_end || sender.send(chunk).is_err() || is_last {
                return;
            }
        }
    }

    /// Gives the lines that are there without waiting, but waits for the first; none at the end.
    fn chunk(&mut self) -> Chunk {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while let Some(line) = self.line()? {
            bytes += line.content.as_ref().map_or(0, Vec::len);
            lines.push(line);
            let is_full = lines.len() >= CHUNK_LINES || bytes >= CHUNK_BYTES;
            if is_full || !self.input.buffer().contains(&b'\n') {
                break;
            }
        }
        Ok(lines)
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        // The line itself and its end, "\r\n" at most.
        let most = self.max_length.saturating_add(2);
        if (&mut self.input).take(most).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let has_end = bytes.ends_with(b"\n");
        if has_end {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        let is_too_long = bytes.len() as u64 > self.max_length;
        if is_too_long && !has_end {
            self.input.skip_until(b'\n')?;
        }
        let content = if is_too_long {
            Err(format!("too long: accepted are up to {} bytes", self.max_length))
        } else {
            Ok(bytes)
        };
        Ok(Some(Line { number: self.number, content }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &'static [u8], max_length: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let chunks = read(input, max_length).unwrap();
        let lines = chunks.iter().flat_map(Result::unwrap);
        lines.map(|line| (line.number, line.content.ok())).collect()
    }

    #[test]
    fn ends_of_lines_are_not_part_of_them() {
        let line = |number, content: &[u8]| (number, Some(content.to_vec()));
        assert_eq!(
            lines(b"a\nb\r\n\n\xff", 10),
            [line(1, b"a"), line(2, b"b"), line(3, b""), line(4, b"\xff")]
        );
        assert!(lines(b"", 10).is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_as_a_whole() {
        let read = lines(b"abc\nabcd\nabcdefghijkl\nx\r\nabcdefg", 3);
        let lengths: Vec<_> =
            read.iter().map(|(number, line)| (*number, line.as_ref().map(Vec::len))).collect();
        assert_eq!(lengths, [(1, Some(3)), (2, None), (3, None), (4, Some(1)), (5, None)]);
    }

    #[test]
    fn a_chunk_holds_a_bounded_number_of_lines() {
        let input = "x\n".repeat(CHUNK_LINES + 1).into_bytes();
        let chunks = read(io::Cursor::new(input), 10).unwrap();
        let sizes: Vec<_> = chunks.iter().map(|chunk| chunk.unwrap().len()).collect();
        assert_eq!(sizes, [CHUNK_LINES, 1]);
    }
}
