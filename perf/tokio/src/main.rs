// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What do tokio's Semaphore and Notify cost? Questions and rows are those of
// the C++ programs, and so is the form of the results: Google Benchmark's JSON.
//
// usage: tokio_perf [--benchmark_min_time=SECONDS] QUESTION > results.json

mod report;

use report::{heap, nanoseconds, percentiles, settled, timed, Report};
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

const TASKS: usize = 64;
const MIXED_ROUNDS: usize = 200;
const CROWDS: [usize; 5] = [100, 1000, 10_000, 100_000, 1_000_000];

fn runtime(threads: usize) -> Runtime {
    match threads {
        1 => Builder::new_current_thread().build().unwrap(),
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .build()
            .unwrap(),
    }
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
    report.row("try_pair/tokio/real_time", BATCH, || {
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
    report.row("coroutine_free_permit/tokio/real_time", BATCH, || {
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

// Returns what was waited for.
async fn hold_long_at_times(semaphore: &Semaphore, id: usize) -> Vec<f64> {
    let mut waits = Vec::new();
    for i in 0..MIXED_ROUNDS {
        let start = Instant::now();
        let permit = semaphore.acquire().await.unwrap();
        waits.push(nanoseconds(start.elapsed()));
        if (i + id) % 10 == 0 {
            for _ in 0..100 {
                yield_now().await;
            }
        }
        drop(permit);
    }
    settled(waits)
}

fn mixed(report: &mut Report) {
    for threads in [1, 2] {
        let rt = runtime(threads);
        let semaphore = Arc::new(Semaphore::new(8));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let batch = || {
            timed(|| {
                rt.block_on(run_tasks(TASKS, |id| {
                    let (semaphore, seen) = (semaphore.clone(), seen.clone());
                    async move {
                        let waits = hold_long_at_times(&semaphore, id).await;
                        seen.lock().unwrap().extend(waits);
                    }
                }))
            })
        };
        let waits = || seen.lock().unwrap().clone();
        let name = format!("mixed/tokio/threads:{threads}/real_time");
        report.row_with_waits(&name, TASKS * MIXED_ROUNDS, batch, waits);
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

// Numbers from 0 in random order, always the same.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    let mut random = 1u64;
    for i in (1..count).rev() {
        // Knuth's generator.
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        order.swap(i, (random >> 33) as usize % (i + 1));
    }
    order
}

fn cancellation(report: &mut Report) {
    for count in CROWDS {
        let semaphore = Semaphore::new(0);
        let name = format!("cancel_all/tokio/waiters:{count}");
        for random in [0, 1] {
            let order = match random {
                0 => (0..count).collect(),
                _ => shuffled(count),
            };
            let name = format!("{name}/random:{random}/manual_time");
            report.row(&name, count, || {
                let waits = start(count, || semaphore.acquire());
                let mut waits: Vec<_> = waits.into_iter().map(Some).collect();
                timed(|| {
                    for &which in &order {
                        drop(waits[which].take());
                    }
                })
            });
        }
    }
}

fn crowd(report: &mut Report) {
    let rt = runtime(1);
    for count in CROWDS {
        let name = format!("crowd/tokio_semaphore/waiters:{count}/manual_time");
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

        let name = format!("crowd/tokio_notify/waiters:{count}/manual_time");
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
        let name = format!("burst/tokio/releases:{count}/manual_time");
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
    let times = runtime(1).block_on(async {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            to_b.notify_one();
            to_a.notified().await;
            times.push(nanoseconds(start.elapsed()) / 2.);
        }
        times
    });
    other.join().unwrap();

    let mean = times.iter().sum::<f64>() / ROUNDS as f64 * 2.;
    let counters = percentiles(settled(times));
    let name = "wake/tokio/threads:1/io:0/real_time";
    report.push(name, ROUNDS, mean, &counters);
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
    // As in the C++ programs, there is a second thread, which is parked.
    thread::spawn(|| loop {
        thread::park()
    });

    let mut report = Report::new();
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
    report.print();
}
