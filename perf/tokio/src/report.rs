// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How rows are measured and written.

use std::time::{Duration, Instant};

pub struct Report {
    pub min_time: Duration,
    rows: Vec<String>,
}

impl Report {
    pub fn new() -> Report {
        Report {
            min_time: Duration::from_millis(50),
            rows: Vec::new(),
        }
    }

    // Call batch(), which returns how long it took for so many operations,
    // until it took long enough in all.
    pub fn row(
        &mut self,
        name: &str,
        operations: usize,
        batch: impl FnMut() -> Duration,
    ) {
        self.row_with_waits(name, operations, batch, Vec::new);
    }

    // As above. What was waited for, in nanoseconds, is given by waits().
    pub fn row_with_waits(
        &mut self,
        name: &str,
        operations: usize,
        mut batch: impl FnMut() -> Duration,
        waits: impl FnOnce() -> Vec<f64>,
    ) {
        eprintln!("{name}");
        batch();
        let (mut total, mut batches) = (Duration::ZERO, 0);
        while batches == 0 || total < self.min_time {
            total += batch();
            batches += 1;
        }
        let iterations = batches * operations;
        let time = total.as_secs_f64() * 1e9 / iterations as f64;
        self.push(name, iterations, time, &percentiles(waits()));
    }

    pub fn push(
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

    pub fn print(&self) {
        println!(
            "{{\n  \"context\": {{}},\n  \"benchmarks\": [\n{}\n  ]\n}}",
            self.rows.join(",\n")
        );
    }
}

// Those of latencies, as counters of a row.
pub fn percentiles(mut times: Vec<f64>) -> String {
    if times.is_empty() {
        return String::new();
    }
    times.sort_by(f64::total_cmp);
    let at = |per_mille: usize| times[times.len() * per_mille / 1000];
    format!(
        ", \"p50\": {}, \"p99\": {}, \"p99.9\": {}",
        at(500),
        at(990),
        at(999)
    )
}

// Without the first tenth, in which all warms up.
pub fn settled(mut times: Vec<f64>) -> Vec<f64> {
    times.drain(..times.len() / 10);
    times
}

pub fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

pub fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
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

// The bytes that are in use.
pub fn heap() -> usize {
    let info = unsafe { mallinfo2() };
    info.in_use + info.in_mappings
}
