//! Who connects to a Redis server, where, and how: passwords, users, databases, sockets, encryption.

use std::fs;
use std::time::{Duration, Instant};

use fairlane::{Error, ErrorCode, NewJob, Queue};
use fairlane_tests::redis::{COUNT, Caller, RedisServer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Makes a call that is refused at once, however patient the caller is.
fn refusal(url: &str) -> Error {
    let began = Instant::now();
    let error = Caller::new(url).echo("refused").unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "{url} was tried again: {error}");
    assert!(!error.message().contains("secret"), "{error}");
    error
}

#[test]
fn a_password_is_asked_for_and_checked() {
    let server = RedisServer::start(&["requirepass top-secret"]);
    let at = |login: &str| format!("redis://{login}127.0.0.1:{}", server.port());
    Caller::new(&at(":top-secret@")).echo("word").unwrap();
    Caller::new(&at("default:top%2Dsecret@")).echo("word").unwrap();
    for (login, words) in [("", "NOAUTH"), (":no-secret@", "WRONGPASS"), ("a:b@", "WRONGPASS")] {
        let error = refusal(&at(login));
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.message().contains(words), "{error}");
    }
}

#[test]
fn a_user_may_do_what_the_server_lets_him() {
    let server = RedisServer::start(&[
        "user worker on >secret ~{t}* +@all",
        "user reader on >secret ~{t}* +@read",
        "user default off",
    ]);
    let at = |user: &str| format!("redis://{user}:secret@127.0.0.1:{}", server.port());
    Caller::new(&at("worker")).echo("word").unwrap();
    let error = refusal(&at("reader"));
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().contains("NOPERM"), "{error}");
}

#[test]
fn a_password_that_nobody_asked_for_is_refused() {
    let server = RedisServer::start(&[]);
    let error = refusal(&format!("redis://:secret@127.0.0.1:{}", server.port()));
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}

#[test]
fn databases_are_apart() {
    let server = RedisServer::start(&["databases 4"]);
    Caller::new(&format!("{}/3", server.url())).echo("word").unwrap();
    assert_eq!(server.command::<Option<usize>>(&["GET", COUNT]), None);
    let keys: String = server.command(&["INFO", "keyspace"]);
    assert!(keys.contains("db3:keys=2"), "{keys}");
    let error = refusal(&format!("{}/4", server.url()));
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.message().contains("out of range"), "{error}");
}

#[test]
fn a_socket_is_a_door_too() {
    let server = RedisServer::start(&[]);
    let caller = Caller::new(&format!("redis+unix://{}?db=1", server.socket().display()));
    caller.echo_from(4, 50);
    let mut waiter = caller.waiter(b"{t}:wake");
    let _: () = server.command(&[
        "EVAL",
        "redis.call('SELECT', 1) redis.call('ZADD', KEYS[1], 0, 'w')",
        "1",
        "{t}:wake",
    ]);
    waiter.wait(Duration::from_secs(20)).unwrap();
    assert!(waiter.rung());
}

/// An authority, and files of certificates that it signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new(directory: tempfile::TempDir) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn sign(&self, name: &str, hosts: &[&str]) {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
        let params = CertificateParams::new(hosts).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |end: &str| self.directory.path().join(format!("{name}.{end}"));
        fs::write(file("pem"), certificate.pem()).unwrap();
        fs::write(file("key"), key.serialize_pem()).unwrap();
    }
}

/// Starts a server that speaks TLS alone, with the files of an authority in its directory.
fn start_encrypted(hosts: &[&str], clients: &str) -> RedisServer {
    let authority = Authority::new(tempfile::tempdir().unwrap());
    authority.sign("server", hosts);
    authority.sign("client", &["worker"]);
    let clients = format!("tls-auth-clients {clients}");
    RedisServer::start_in(
        authority.directory,
        &[
            "port 0",
            "tls-port PORT",
            "tls-cert-file server.pem",
            "tls-key-file server.key",
            "tls-ca-cert-file ca.pem",
            &clients,
        ],
    )
}

#[test]
fn an_encrypted_connection_serves_calls_and_waits() {
    let server = start_encrypted(&["localhost"], "no");
    let authority = server.directory().join("ca.pem");
    let caller = Caller::new(&format!(
        "rediss://localhost:{}?cacert={}",
        server.port(),
        authority.display()
    ));
    caller.echo_from(4, 50);
    caller.echo(&"x".repeat(1 << 20)).unwrap();
    let mut waiter = caller.waiter(b"{t}:wake");
    waiter.wait(Duration::from_millis(20)).unwrap();
    let _: () = server.command(&["ZADD", "{t}:wake", "0", "w"]);
    waiter.wait(Duration::from_secs(20)).unwrap();
    assert!(waiter.rung());
}

#[test]
fn encrypted_connections_to_several_shards_are_waited_for_at_once() {
    let server = start_encrypted(&["localhost"], "no");
    let authority = server.directory().join("ca.pem");
    let url =
        format!("rediss://localhost:{}?cacert={}&shards=3", server.port(), authority.display());
    let [queue, other] = [(); 2].map(|()| Queue::open(&url, "encrypted").unwrap());
    for lane in ["a", "b", "c", "d"] {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop(Duration::from_secs(60), Duration::ZERO));
            server.await_blocked(3);
            let began = Instant::now();
            other.push(NewJob::new("").lane(lane)).unwrap();
            assert_eq!(waiting.join().unwrap().unwrap().unwrap().lane, lane);
            // Without a call it would look after five seconds.
            assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        });
    }
}

#[test]
fn a_client_shows_its_certificate_where_one_is_asked_for() {
    let server = start_encrypted(&["localhost", "127.0.0.1"], "yes");
    let file = |name: &str| server.directory().join(name).display().to_string();
    let (authority, certificate, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    let port = server.port();
    let with = format!("rediss://127.0.0.1:{port}?cacert={authority}&cert={certificate}&key={key}");
    Caller::new(&with).echo("word").unwrap();
    let error = refusal(&format!("rediss://127.0.0.1:{port}?cacert={authority}"));
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}

#[test]
fn a_server_that_cannot_be_trusted_is_refused() {
    let server = start_encrypted(&["elsewhere.example"], "no");
    let other = Authority::new(tempfile::tempdir().unwrap());
    let authorities = [server.directory(), other.directory.path()];
    for (directory, words) in authorities.into_iter().zip(["not valid for name", "BadSignature"]) {
        let authority = directory.join("ca.pem");
        let url = format!("rediss://localhost:{}?cacert={}", server.port(), authority.display());
        let error = refusal(&url);
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.message().contains(words), "{error}");
    }
}

#[test]
fn neither_side_makes_do_with_a_connection_in_the_clear() {
    let plain = RedisServer::start(&[]);
    let encrypted = start_encrypted(&["localhost"], "no");
    let authority = encrypted.directory().join("ca.pem");
    let to_plain = format!("rediss://localhost:{}?cacert={}", plain.port(), authority.display());
    let expected = [
        // The server waits for the end of a command.
        (to_plain, ErrorCode::Timeout),
        (encrypted.url(), ErrorCode::ConnectionLost),
    ];
    for (url, code) in expected {
        let caller = Caller::with(&url, |options| {
            options.busy_timeout = Duration::from_millis(300);
            options.call_timeout = Duration::from_millis(300);
        });
        assert_eq!(caller.echo("word").unwrap_err().code(), code, "{url}");
    }
}
