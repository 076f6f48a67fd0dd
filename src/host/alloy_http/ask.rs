//! The questions to Alloy's HTTP server, asked within one time limit.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use reqwest::{Client, Method, redirect, retry};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout_at};

use super::list::{created_modules, slim};
use crate::host::alloy_http::address::{Address, Server};
use crate::host::alloy_http::pinned;
use crate::host::alloy_http::streamed::{Body, Keep};
use crate::host::alloy_http::{Answer, Answers, COMPONENTS, Later, Patience};
use crate::host::{Hidden, clean};
use crate::system::AlloyHttp;

/// More modules than this are not looked into.
const MOST_MODULES: usize = 200;

/// What the server made of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reload {
    /// The new configuration runs.
    Done,
    /// The new configuration is refused; this is why.
    Refused(String),
    /// The server could not be asked.
    Unanswered(String),
}

/// Everything a fact may need, asked once.
pub(super) fn all(_: AlloyHttp, server: &Server, patience: Patience) -> Result<Answers, Hidden> {
    let (runtime, asking) = begin(server, patience.timeout, "Alloy's")?;
    let asked = runtime.block_on(async {
        let mut answers = Answers::default();
        for (path, keep) in [("/metrics", Keep::Metrics), ("/-/ready", Keep::All)] {
            asking.put(&mut answers, path, path, keep).await?;
        }
        asking.put(&mut answers, "/-/healthy", "/-/healthy", Keep::All).await?;
        asking.lists(&mut answers).await?;
        if let Some(wait) = patience.watch {
            sleep(wait).await;
            let again = Asking { deadline: Instant::now() + patience.timeout, ..asking.clone() };
            let metrics = again.get("/metrics", Keep::Metrics).await?;
            answers.later = Some(Later { seconds: wait.as_secs(), metrics });
        }
        Ok(answers)
    });
    runtime.shutdown_background();
    asked
}

/// What Prometheus' server answers, all paths behind its prefix.
pub(in crate::host) fn ask_prometheus(
    _: AlloyHttp,
    server: &Server,
    paths: &[&str],
    patience: Patience,
) -> Result<Answers, Hidden> {
    let (runtime, asking) = begin(server, patience.timeout, "Prometheus'")?;
    let metrics = format!("{}/metrics", server.prefix);
    let asked = runtime.block_on(async {
        let mut answers = Answers::default();
        for path in paths {
            let full = format!("{}{path}", server.prefix);
            asking.put(&mut answers, path, &full, Keep::All).await?;
        }
        asking.put(&mut answers, "/metrics", &metrics, Keep::Metrics).await?;
        if let Some(wait) = patience.watch {
            sleep(wait).await;
            let again = Asking { deadline: Instant::now() + patience.timeout, ..asking.clone() };
            let metrics = again.get(&metrics, Keep::Metrics).await?;
            answers.later = Some(Later { seconds: wait.as_secs(), metrics });
        }
        Ok(answers)
    });
    runtime.shutdown_background();
    asked
}

/// Asks Alloy to read its configuration again. The answer counts: systemd's never tells.
pub fn reload(right: AlloyHttp, server: &Server, timeout: Duration) -> Reload {
    post_reload(right, server, timeout, ("Alloy's", 400))
}

/// Asks Prometheus to read its configuration again, behind the prefix of its paths.
pub(in crate::host) fn reload_prometheus(
    right: AlloyHttp,
    server: &Server,
    timeout: Duration,
) -> Reload {
    post_reload(right, server, timeout, ("Prometheus'", 500))
}

fn post_reload(
    _: AlloyHttp,
    server: &Server,
    timeout: Duration,
    (whose, refusal): (&'static str, u16),
) -> Reload {
    let path = match refusal {
        500 => format!("{}/-/reload", server.prefix),
        _ => "/-/reload".to_owned(),
    };
    let (runtime, asking) = match begin(server, timeout, whose) {
        Ok(begun) => begun,
        Err(hidden) => return Reload::Unanswered(hidden.reason),
    };
    let answered = runtime.block_on(asking.request(Method::POST, &path, Keep::All));
    runtime.shutdown_background();
    match answered {
        Ok(answer) if answer.status == 200 => Reload::Done,
        Ok(answer) if answer.status == refusal => Reload::Refused(clean(&answer.body)),
        Ok(answer) => Reload::Unanswered(format!("it answers {} to a reload", answer.status)),
        Err(hidden) => Reload::Unanswered(hidden.reason),
    }
}

#[derive(Clone)]
struct Asking {
    client: Client,
    base: String,
    prefix: String,
    user: Option<(String, crate::secret::Secret)>,
    deadline: Instant,
    whose: &'static str,
}

fn begin(
    server: &Server,
    timeout: Duration,
    whose: &'static str,
) -> Result<(Runtime, Asking), Hidden> {
    let hidden = |reason: String| Hidden { reason, lacks_permission: false };
    if let Some(obstacle) = &server.access.obstacle {
        return Err(hidden(format!("{whose} HTTP server cannot be asked: {obstacle}")));
    }
    let tls = pinned::configuration(server.access.certificate.as_deref())
        .map_err(|why| hidden(format!("{whose} HTTP server cannot be asked: {why}")))?;
    let mut client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        // A server that closes what we would use again must not look broken.
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured(tls);
    let scheme = if server.access.certificate.is_some() { "https" } else { "http" };
    let base = match &server.address {
        Address::Tcp(address) => format!("{scheme}://{address}"),
        Address::Unix(path) => {
            client = client.unix_socket(path.as_std_path());
            format!("{scheme}://localhost")
        }
        Address::Unusable(text) => {
            let text = clean(text);
            return Err(hidden(format!("{whose} HTTP server listens on `{text}`, no address")));
        }
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| hidden(format!("cannot use the network: {error}")))?;
    let client = client.build().map_err(|error| hidden(chain(&error.without_url())))?;
    let user = server.access.basic.clone();
    let prefix = server.prefix.clone();
    let deadline = Instant::now() + timeout;
    Ok((runtime, Asking { client, base, prefix, user, deadline, whose }))
}

impl Asking {
    async fn put(
        &self,
        answers: &mut Answers,
        key: &str,
        path: &str,
        keep: Keep,
    ) -> Result<(), Hidden> {
        let answer = self.get(path, keep).await?;
        answers.answers.insert(format!("GET {key}"), answer);
        Ok(())
    }

    /// The components of the program, and of each module that a component of it made.
    async fn lists(&self, answers: &mut Answers) -> Result<(), Hidden> {
        let mut waiting = vec![COMPONENTS.to_owned()];
        let mut lists: BTreeMap<String, Answer> = BTreeMap::new();
        while let Some(path) = waiting.pop() {
            let mut answer = self.get(&format!("{}{path}", self.prefix), Keep::All).await?;
            if answer.status == 200
                && let Some(slim) = slim(&answer.body)
            {
                for module in created_modules(&slim) {
                    let path = format!("/api/v0/web/modules/{module}/components");
                    if lists.len() + waiting.len() < MOST_MODULES && !lists.contains_key(&path) {
                        waiting.push(path);
                    }
                }
                answer.body = slim;
            }
            lists.insert(path, answer);
        }
        answers.answers.extend(lists.into_iter().map(|(path, list)| (format!("GET {path}"), list)));
        Ok(())
    }

    async fn get(&self, path: &str, keep: Keep) -> Result<Answer, Hidden> {
        self.request(Method::GET, path, keep).await
    }

    async fn request(&self, method: Method, path: &str, keep: Keep) -> Result<Answer, Hidden> {
        let late = || self.hidden("it does not answer in time");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some((user, password)) = &self.user {
            request = request.basic_auth(user, Some(password.expose()));
        }
        let mut response = timeout_at(self.deadline, request.send())
            .await
            .map_err(|_| late())?
            .map_err(|error| self.hidden(&chain(&error.without_url())))?;
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default();
        let mut body = Body::new(keep);
        while let Some(chunk) = timeout_at(self.deadline, response.chunk())
            .await
            .map_err(|_| late())?
            .map_err(|error| self.hidden(&chain(&error.without_url())))?
        {
            body.push(&chunk).map_err(|why| self.hidden(why))?;
        }
        Ok(Answer { status, content_type: clean(&content_type), body: body.finish() })
    }

    fn hidden(&self, why: &str) -> Hidden {
        Hidden {
            reason: format!("{} HTTP server at {} cannot be asked: {why}", self.whose, self.base),
            lacks_permission: why.contains("Permission denied"),
        }
    }
}

/// What an error says about its causes.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        parts.push(error.to_string());
        next = error.source();
    }
    // The innermost cause is what the system said; the layers above only wrap it.
    clean(&parts.pop().unwrap_or_else(|| error.to_string()))
}
