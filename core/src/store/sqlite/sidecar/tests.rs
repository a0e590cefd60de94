//! What holds on each platform, among real processes: the test program starts itself, and the test
//! of the same name is the other process.

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::windows::Windows;
use super::*;

/// Tells the other process which side-car to open.
const FILE: &str = "FAIRLANE_TEST_SIDECAR";
/// What the other process says once it has its slot.
const READY: &str = "the slot is taken";
const LONG: Duration = Duration::from_secs(60);

macro_rules! on_each_platform {
    ($($name:ident)*) => {
        #[cfg(unix)]
        mod on_unix {
            $(#[test]
            fn $name() {
                super::$name::<super::unix::Unix>(concat!(module_path!(), "::", stringify!($name)));
            })*
        }
        mod on_windows {
            $(#[test]
            fn $name() {
                super::$name::<super::Windows>(concat!(module_path!(), "::", stringify!($name)));
            })*
        }
    };
}

on_each_platform! {
    the_slot_of_a_killed_process_is_found_dead
    a_process_that_waits_is_woken_by_another
    a_process_that_waits_for_the_end_of_a_job_is_called_by_its_incarnation
    a_slot_that_was_given_up_is_free
    a_file_that_was_replaced_is_another
}

fn the_slot_of_a_killed_process_is_found_dead<P: Platform>(test: &str) {
    if let Some(other) = other_process::<P>(7) {
        println!("{READY}");
        wait_for_the_end();
        drop(other);
        return;
    }
    let (folder, sidecar) = new_sidecar::<P>();
    let mut other = start(test, &folder);
    assert_eq!(sidecar.lock_dead().unwrap(), [], "it is alive");
    let free = sidecar.lock_free_slot().unwrap();
    assert_eq!((free.index, free.incarnation), (1, 0), "the first slot is taken");
    assert_eq!(sidecar.owners_but(free.index).unwrap(), [7]);

    other.kill().unwrap();
    other.wait().unwrap();
    let dead = sidecar.lock_dead().unwrap();
    assert_eq!(
        dead.iter().map(|slot| (slot.index, slot.incarnation)).collect::<Vec<_>>(),
        [(0, 7)]
    );
    sidecar.bury(dead[0]).unwrap();
    assert_eq!(sidecar.lock_dead().unwrap(), []);
    assert_eq!(sidecar.owners_but(free.index).unwrap(), [0_i64; 0]);
    assert!(!sidecar.ring_others(1), "nobody is left");
}

fn a_process_that_waits_is_woken_by_another<P: Platform>(test: &str) {
    if let Some(other) = other_process::<P>(7) {
        other.set_waits(true).unwrap();
        println!("{READY}");
        let heard = other.listen(LONG).expect("somebody rings");
        assert_eq!(heard, Heard { work: true, ends: false });
        other.set_waits(false).unwrap();
        return;
    }
    let (folder, sidecar) = new_sidecar::<P>();
    let mut other = start(test, &folder);
    assert!(sidecar.ring_others(1), "there is another");
    assert!(other.wait().unwrap().success());
}

fn a_process_that_waits_for_the_end_of_a_job_is_called_by_its_incarnation<P: Platform>(test: &str) {
    if let Some(other) = other_process::<P>(7) {
        println!("{READY}");
        assert_eq!(other.listen(LONG), Some(Heard { work: false, ends: true }));
        return;
    }
    let (folder, sidecar) = new_sidecar::<P>();
    let mut other = start(test, &folder);
    sidecar.ring_others(1);
    sidecar.call(8);
    sidecar.call(7);
    assert!(other.wait().unwrap().success());
}

fn a_slot_that_was_given_up_is_free<P: Platform>(_: &str) {
    let (folder, sidecar) = new_sidecar::<P>();
    take_slot(&sidecar, 7);
    assert_eq!(sidecar.incarnation(), Some(7));
    sidecar.leave();
    drop(sidecar);
    let next = SidecarOf::<P>::open(&path_in(&folder)).unwrap();
    let free = next.lock_free_slot().unwrap();
    assert_eq!((free.index, free.incarnation), (0, 0));
}

fn a_file_that_was_replaced_is_another<P: Platform>(_: &str) {
    let (folder, sidecar) = new_sidecar::<P>();
    let path = path_in(&folder);
    assert!(sidecar.is_at(&path));
    std::fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    assert!(!sidecar.is_at(&path));
    let _new = SidecarOf::<P>::open(&path).unwrap();
    assert!(!sidecar.is_at(&path));
}

#[test]
fn what_comes_without_the_number_of_the_slot_rings_nobody() {
    let (_folder, sidecar) = new_sidecar::<Windows>();
    take_slot(&sidecar, 7);
    let own = sidecar.own.get().unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in [&b""[..], b"ring", &[0; 2000]] {
        stranger.send_to(datagram, own.socket.local_addr().unwrap()).unwrap();
        assert!(is_readable(&own.socket, LONG));
        assert_eq!(Windows::heard(&own.socket, &own.slot.address), None);
    }
    sidecar.ring_self();
    assert_eq!(sidecar.listen(LONG), Some(Heard::default()));
    assert_eq!(Windows::heard(&own.socket, &own.slot.address), None, "it was rung once");
}

fn path_in(folder: &TempDir) -> PathBuf {
    folder.path().join("jobs.db-fairlane")
}

fn new_sidecar<P: Platform>() -> (TempDir, SidecarOf<P>) {
    let folder = TempDir::new().unwrap();
    let sidecar = SidecarOf::open(&path_in(&folder)).unwrap();
    (folder, sidecar)
}

fn take_slot<P: Platform>(sidecar: &SidecarOf<P>, incarnation: i64) {
    let free = sidecar.lock_free_slot().unwrap();
    sidecar.own(sidecar.write_own(free.index, incarnation).unwrap());
}

/// Starts the other process, and waits until it has its slot.
fn start(test: &str, folder: &TempDir) -> Child {
    // The harness does not know the crate by name.
    let (_, test) = test.split_once("::").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FILE, path_in(folder))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with(READY)), "the other process failed");
    // Read on, so that it can write on.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// Gives the side-car of the other process, with a slot, if this is it.
fn other_process<P: Platform>(incarnation: i64) -> Option<SidecarOf<P>> {
    let sidecar = SidecarOf::open(std::env::var_os(FILE)?.as_ref()).unwrap();
    take_slot(&sidecar, incarnation);
    Some(sidecar)
}

/// Blocks until the process that started this one kills it, or ends itself.
fn wait_for_the_end() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
