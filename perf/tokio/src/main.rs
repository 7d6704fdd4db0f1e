// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What do tokio's Semaphore and Notify cost? Questions and rows are those of
// the C++ programs, and so is the form of the results: Google Benchmark's JSON.
//
// usage: tokio_perf [--benchmark_min_time=SECONDS] QUESTION > results.json

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::mpsc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

const TASKS: usize = 64;

struct Report {
    min_time: Duration,
    rows: Vec<String>,
}

impl Report {
    // Call batch(), which returns how long it took for so many operations,
    // until it took long enough in all.
    fn row(
        &mut self,
        name: &str,
        operations: usize,
        mut batch: impl FnMut() -> Duration,
    ) {
        eprintln!("{name}");
        batch();
        let (mut total, mut batches) = (Duration::ZERO, 0);
        while total < self.min_time {
            total += batch();
            batches += 1;
        }
        let iterations = batches * operations;
        let time = total.as_secs_f64() * 1e9 / iterations as f64;
        self.push(name, iterations, time, "");
    }

    fn push(
        &mut self,
        name: &str,
        iterations: usize,
        time: f64,
        counters: &str,
    ) {
        self.rows.push(format!(
            "    {{\"name\": \"{name}\", \"run_name\": \"{name}\", \
             \"run_type\": \"iteration\", \"iterations\": {iterations}, \
             \"real_time\": {time}, \"cpu_time\": {time}, \
             \"time_unit\": \"ns\"{counters}}}"
        ));
    }
}

fn runtime(threads: usize) -> Runtime {
    match threads {
        1 => Builder::new_current_thread().build().unwrap(),
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .build()
            .unwrap(),
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

// Run a future for each task, and wait for all of them.
async fn run_tasks<F>(count: usize, make: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|id| tokio::spawn(make(id))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn uncontended(report: &mut Report) {
    const BATCH: usize = 100_000;
    let semaphore = Semaphore::new(1);
    report.row("try_pair/tokio", BATCH, || {
        timed(|| {
            for _ in 0..BATCH {
                drop(black_box(semaphore.try_acquire().unwrap()));
            }
        })
    });
}

fn free_permit(report: &mut Report) {
    const BATCH: usize = 100_000;
    let rt = runtime(1);
    let semaphore = Semaphore::new(1);
    report.row("coroutine_free_permit/tokio", BATCH, || {
        timed(|| {
            rt.block_on(async {
                for _ in 0..BATCH {
                    drop(black_box(semaphore.acquire().await.unwrap()));
                }
            })
        })
    });
}

async fn acquire_yield_release(semaphore: Arc<Semaphore>, rounds: usize) {
    for _ in 0..rounds {
        let permit = semaphore.acquire().await.unwrap();
        yield_now().await;
        drop(permit);
    }
}

fn coroutines(report: &mut Report) {
    const ROUNDS: usize = 312;
    for permits in [1, 8] {
        for threads in [1, 2] {
            let rt = runtime(threads);
            let semaphore = Arc::new(Semaphore::new(permits));
            let name = format!(
                "coroutines/tokio/permits:{permits}/threads:{threads}/real_time"
            );
            report.row(&name, TASKS * ROUNDS, || {
                timed(|| {
                    rt.block_on(run_tasks(TASKS, |_| {
                        acquire_yield_release(semaphore.clone(), ROUNDS)
                    }))
                })
            });
        }
    }
}

fn mixed(report: &mut Report) {
    const ROUNDS: usize = 200;
    for threads in [1, 2] {
        let rt = runtime(threads);
        let semaphore = Arc::new(Semaphore::new(8));
        let name = format!("mixed/tokio/threads:{threads}/real_time");
        report.row(&name, TASKS * ROUNDS, || {
            timed(|| {
                rt.block_on(run_tasks(TASKS, |id| {
                    let semaphore = semaphore.clone();
                    async move {
                        for i in 0..ROUNDS {
                            let permit = semaphore.acquire().await.unwrap();
                            if (i + id) % 10 == 0 {
                                for _ in 0..100 {
                                    yield_now().await;
                                }
                            }
                            drop(permit);
                        }
                    }
                }))
            })
        });
    }
}

// Waits that are woken by nobody in particular: the futures alone, as no task
// is needed to cancel or to wake them.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

fn start<F: Future>(count: usize, make: impl Fn() -> F) -> Vec<Pin<Box<F>>> {
    let waker = Waker::from(Arc::new(Nobody));
    let mut context = Context::from_waker(&waker);
    let mut waits: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    for wait in &mut waits {
        assert!(matches!(wait.as_mut().poll(&mut context), Poll::Pending));
    }
    waits
}

fn cancellation(report: &mut Report) {
    for count in [100, 1000, 10_000, 100_000, 1_000_000] {
        let semaphore = Semaphore::new(0);
        let name = format!("cancel_all/tokio/waiters:{count}/random:0");
        report.row(&name, count, || {
            let waits = start(count, || semaphore.acquire());
            timed(|| drop(waits))
        });
    }
}

fn crowd(report: &mut Report) {
    let rt = runtime(1);
    for count in [100, 1000, 10_000, 100_000] {
        let name = format!("crowd/tokio_semaphore/waiters:{count}");
        let semaphore = Arc::new(Semaphore::new(0));
        report.row(&name, count, || {
            rt.block_on(crowd_of(
                count,
                |_| {
                    let semaphore = semaphore.clone();
                    async move { semaphore.acquire().await.unwrap().forget() }
                },
                || semaphore.add_permits(count),
            ))
        });

        let name = format!("crowd/tokio_notify/waiters:{count}");
        let notify = Arc::new(Notify::new());
        report.row(&name, count, || {
            rt.block_on(crowd_of(
                count,
                |_| {
                    let notify = notify.clone();
                    async move { notify.notified().await }
                },
                || notify.notify_waiters(),
            ))
        });
    }
}

// How long it takes from the wake to the end of all tasks.
async fn crowd_of<F>(
    count: usize,
    make: impl Fn(usize) -> F,
    wake: impl FnOnce(),
) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|id| tokio::spawn(make(id))).collect();
    // A task that was spawned last runs last.
    tokio::spawn(yield_now()).await.unwrap();
    let start = Instant::now();
    wake();
    for task in tasks {
        task.await.unwrap();
    }
    start.elapsed()
}

// A runtime with one thread, which runs until it is told to stop.
fn in_background<F>(future: F) -> thread::JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    thread::spawn(move || runtime(1).block_on(future))
}

fn burst(report: &mut Report) {
    for count in [1000, 100_000] {
        let name = format!("burst/tokio/releases:{count}/real_time");
        report.row(&name, count, || {
            let semaphore = Arc::new(Semaphore::new(0));
            let (ready, is_ready) = mpsc::channel();
            let waiting = semaphore.clone();
            let background = in_background(async move {
                let tasks: Vec<_> = (0..count)
                    .map(|_| {
                        let semaphore = waiting.clone();
                        tokio::spawn(async move {
                            semaphore.acquire().await.unwrap().forget()
                        })
                    })
                    .collect();
                tokio::spawn(yield_now()).await.unwrap();
                ready.send(()).unwrap();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            is_ready.recv().unwrap();
            let time = timed(|| {
                for _ in 0..count {
                    semaphore.add_permits(1);
                }
            });
            background.join().unwrap();
            time
        });
    }
}

fn wake(report: &mut Report) {
    const ROUNDS: usize = 20_000;
    eprintln!("wake/tokio");
    let (to_a, to_b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (a, b) = (to_a.clone(), to_b.clone());
    let other = in_background(async move {
        for _ in 0..ROUNDS {
            b.notified().await;
            a.notify_one();
        }
    });
    let mut times = runtime(1).block_on(async {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            to_b.notify_one();
            to_a.notified().await;
            times.push(start.elapsed().as_secs_f64() * 1e9 / 2.);
        }
        times
    });
    other.join().unwrap();

    let mean = times.iter().sum::<f64>() / ROUNDS as f64 * 2.;
    times.drain(..ROUNDS / 10);
    times.sort_by(f64::total_cmp);
    let at = |per_mille: usize| times[times.len() * per_mille / 1000];
    let counters = format!(
        ", \"p50\": {}, \"p99\": {}, \"p99.9\": {}",
        at(500),
        at(990),
        at(999)
    );
    let name = "wake/tokio/threads:1/io:0/real_time";
    report.push(name, ROUNDS, mean, &counters);
}

// What mallinfo2(3) of the C library returns.
#[repr(C)]
struct HeapInfo {
    before: [usize; 4],
    in_mappings: usize,
    between: [usize; 2],
    in_use: usize,
    after: [usize; 2],
}

extern "C" {
    fn mallinfo2() -> HeapInfo;
}

fn heap() -> usize {
    let info = unsafe { mallinfo2() };
    info.in_use + info.in_mappings
}

// All of a task that waits.
fn memory(report: &mut Report) {
    const COUNT: usize = 100_000;
    let rt = runtime(1);
    let semaphore = Arc::new(Semaphore::new(0));
    rt.block_on(async {
        let before = heap();
        for _ in 0..COUNT {
            let semaphore = semaphore.clone();
            tokio::spawn(
                async move { semaphore.acquire().await.unwrap().forget() },
            );
        }
        tokio::spawn(yield_now()).await.unwrap();
        let bytes = (heap() - before) as f64 / COUNT as f64;
        let counters = format!(", \"bytes\": {bytes}");
        report.push("memory_coroutine/tokio", 1, 0., &counters);
    });
}

fn main() {
    let mut report = Report {
        min_time: Duration::from_millis(50),
        rows: Vec::new(),
    };
    let mut question = None;
    for argument in std::env::args().skip(1) {
        match argument.strip_prefix("--benchmark_min_time=") {
            Some(seconds) => {
                report.min_time =
                    Duration::from_secs_f64(seconds.parse().expect("seconds"))
            }
            None => question = Some(argument),
        }
    }
    match question.as_deref() {
        Some("uncontended") => uncontended(&mut report),
        Some("coroutine") => {
            free_permit(&mut report);
            coroutines(&mut report);
        }
        Some("mixed") => mixed(&mut report),
        Some("crowd") => crowd(&mut report),
        Some("cancellation") => cancellation(&mut report),
        Some("burst") => burst(&mut report),
        Some("memory") => memory(&mut report),
        Some("wake") => wake(&mut report),
        _ => {
            eprintln!(
                "usage: tokio_perf [--benchmark_min_time=SECONDS] QUESTION"
            );
            std::process::exit(2);
        }
    }
    println!(
        "{{\n  \"context\": {{}},\n  \"benchmarks\": [\n{}\n  ]\n}}",
        report.rows.join(",\n")
    );
}
