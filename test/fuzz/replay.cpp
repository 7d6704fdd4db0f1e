// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Runs a fuzz test without libFuzzer: on files, on all files of folders, and on
// random inputs.
//
//   PATH...           files and folders
//   --inputs=N        how many random inputs (default: none)
//   --seed=N          what they begin with (default: any)

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(
    const std::uint8_t* data, std::size_t size);

namespace {

// What is running, for who finds out that it failed.
char now[1024];

extern "C" void report(int signal)
{
  std::fprintf(stderr, "To repeat, run this program with %s\n", now);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const std::string& name, const std::vector<std::uint8_t>& bytes)
{
  std::snprintf(now, sizeof now, "%s", name.c_str());
  (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

void run_file(const std::filesystem::path& path)
{
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error("can not read " + path.string());
  run(path.string(), {std::istreambuf_iterator<char>(file), {}});
}

// Returns how many files there were.
std::size_t run_path(const std::filesystem::path& path)
{
  if (!std::filesystem::is_directory(path))
  {
    run_file(path);
    return 1;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::for_each(files.begin(), files.end(), run_file);
  return files.size();
}

void run_random(std::uint64_t seed)
{
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> bytes(random() % 256);
  for (auto& byte : bytes)
    byte = std::uint8_t(random());
  run("--inputs=1 --seed=" + std::to_string(seed), bytes);
}

} // namespace

int main(int argc, char** argv)
{
  std::signal(SIGABRT, report);
  std::signal(SIGSEGV, report);

  std::size_t files = 0;
  std::uint64_t inputs = 0;
  std::uint64_t seed = std::random_device()();
  for (int i = 1; i < argc; ++i)
  {
    const std::string argument = argv[i];
    if (argument.rfind("--inputs=", 0) == 0)
      inputs = std::stoull(argument.substr(9));
    else if (argument.rfind("--seed=", 0) == 0)
      seed = std::stoull(argument.substr(7));
    else
      files += run_path(argument);
  }
  for (std::uint64_t i = 0; i < inputs; ++i)
    run_random(seed + i);

  std::printf("%zu files and %s random inputs, --seed=%s\n", files,
      std::to_string(inputs).c_str(), std::to_string(seed).c_str());
}
