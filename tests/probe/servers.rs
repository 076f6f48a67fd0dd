//! Stand-in servers: a thread that answers each connection, until the test ends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server that is gone when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    /// Every request that was read, whole.
    pub requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicUsize>,
}

impl Server {
    /// Hands each connection to `talk`, each in a thread of its own.
    pub fn new(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        Server::with_requests(Arc::default(), talk)
    }

    /// Answers each request with the bytes that `answer` makes of it.
    pub fn http(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = requests.clone();
        Server::with_requests(requests, move |mut stream| {
            let Some(request) = read_request(&mut stream) else { return };
            kept.lock().unwrap().push(request.clone());
            let _ = stream.write_all(&answer(&request));
        })
    }

    /// Answers every request alike.
    pub fn fixed(answer: &str) -> Server {
        let answer = answer.to_owned();
        Server::http(move |_| answer.clone().into_bytes())
    }

    fn with_requests(
        requests: Arc<Mutex<Vec<String>>>,
        talk: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicUsize::new(0));
        let (stopped, talk) = (stop.clone(), Arc::new(talk));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) > 0 {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                let _ = stream.set_write_timeout(Some(Duration::from_secs(10)));
                let talk = talk.clone();
                thread::spawn(move || talk(stream));
            }
        });
        Server { address, requests, stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(1, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// A whole answer.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// One request with its body; none where the connection was only tried.
pub fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut byte = [0; 1];
    while !read.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) if read.len() < 100_000 => read.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8_lossy(&read).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(head + &*String::from_utf8_lossy(&body))
}

/// A port nobody listens on, handed out once.
///
/// Below the range from which the system itself hands out ports, so that no other test of this
/// process gets it by chance before it is used.
pub fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let turn = NEXT.fetch_add(1, Ordering::SeqCst) + std::process::id() as usize * 101;
        let port = 20_000 + (turn % 10_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
