// A small coverage-guided fuzzer for g++: keeps the inputs that reach new code, and changes them.
//
//   TARGET [--seconds N] [--seed S] [--max-bytes N] [--dict FILE] [--save DIR] [--crashes DIR]
//          [CORPUS_DIR…]
//   TARGET FILE…                                    runs these inputs once: replays a crash
//
// The code under test is compiled with -fsanitize-coverage=trace-pc, this file is not. Inputs run
// in a child process; the one at hand stands in shared memory, so that the parent can write it down
// however the child ends: sanitizer report, abort, signal, or no answer for kHangSeconds.
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" const char __executable_start;  // the linker's

namespace {

constexpr int kHangSeconds = 10;
constexpr size_t kEdges = 1 << 16;

// What ran since the last reset: a counter per edge, and the edges that are not zero.
struct Coverage {
  std::array<uint8_t, kEdges> counts;
  std::array<uint16_t, kEdges> touched;
  uint32_t touched_count;
  uint32_t previous;
};
Coverage coverage;

// One bit per edge and rough number of times (1, 2, 3, 4-7, 8-15, 16-31, 32-127, more).
std::array<uint8_t, kEdges> seen;

uint8_t bucket(uint8_t count) {
  if (count <= 3) return static_cast<uint8_t>(1 << (count - 1));
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

// True if this run did what no run before did. Forgets the run.
bool take_news() {
  bool news = false;
  for (uint32_t i = 0; i < coverage.touched_count; ++i) {
    const uint16_t edge = coverage.touched[i];
    const uint8_t bit = bucket(coverage.counts[edge]);
    news |= (seen[edge] & bit) == 0;
    seen[edge] |= bit;
    coverage.counts[edge] = 0;
  }
  coverage.touched_count = 0;
  coverage.previous = 0;
  return news;
}

struct Options {
  double seconds = 10;
  uint64_t seed = 1;
  size_t bytes_max = 4096;
  std::string dict;
  std::string save;
  std::string crashes = ".";
  std::vector<std::string> paths;
};

// What parent and child both see; the input follows.
struct Shared {
  std::atomic<uint64_t> runs;
  std::atomic<uint64_t> corpus;
  std::atomic<uint64_t> edges;
  std::atomic<bool> running;
  size_t size;
  uint8_t input[];
};

double now_seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  size_t below(size_t limit) { return limit == 0 ? 0 : (next() >> 11) % limit; }

 private:
  uint64_t state_;
};

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_whole(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
}

bool is_directory(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string hash_name(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

// Lines of the form name="bytes", with \xNN, \\ and \" inside; the name may be left out.
std::vector<std::string> read_dictionary(const std::string& path) {
  std::vector<std::string> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const size_t open = line.find('"');
    const size_t close = line.rfind('"');
    if (line.starts_with('#') || open == line.npos || close <= open + 1) continue;
    std::string token;
    for (size_t i = open + 1; i < close; ++i) {
      if (line[i] == '\\' && line[i + 1] == 'x' && i + 3 < close) {
        token += static_cast<char>(std::strtol(line.substr(i + 2, 2).c_str(), nullptr, 16));
        i += 3;
      } else if (line[i] == '\\' && i + 1 < close) {
        token += line[++i];
      } else {
        token += line[i];
      }
    }
    out.push_back(token);
  }
  return out;
}

// Changes inputs. Every change keeps them at most `bytes_max` long.
class Mutator {
 public:
  Mutator(uint64_t seed, size_t bytes_max, std::vector<std::string> tokens)
      : random_(seed), bytes_max_(bytes_max), tokens_(std::move(tokens)) {}

  std::string pick(const std::vector<std::string>& corpus) {
    // The newest of two: what was found last leads on most often.
    return corpus[std::max(random_.below(corpus.size()), random_.below(corpus.size()))];
  }

  void mutate(std::string& input, const std::vector<std::string>& corpus) {
    for (size_t left = size_t{1} << random_.below(5); left > 0; --left) {
      change(input, corpus);
      if (input.size() > bytes_max_) input.resize(bytes_max_);
    }
  }

 private:
  void change(std::string& input, const std::vector<std::string>& corpus) {
    const size_t kind = random_.below(input.empty() ? 3 : 12);
    const size_t at = random_.below(input.size() + (kind < 3 ? 1 : 0));
    const size_t rest = input.size() - at;
    const size_t length = 1 + random_.below(std::min<size_t>(rest, random_.below(8) ? 16 : rest));
    switch (kind) {
      case 0: insert(input, at, std::string(1 + random_.below(4), byte())); break;
      case 1: insert(input, at, token()); break;
      case 2: insert(input, at, piece(corpus)); break;
      case 3: input[at] = static_cast<char>(input[at] ^ (1 << random_.below(8))); break;
      case 4: input[at] = byte(); break;
      case 5: input[at] = static_cast<char>(input[at] + int(random_.below(33)) - 16); break;
      case 6: input.erase(at, length); break;
      case 7: insert(input, random_.below(input.size()), input.substr(at, length)); break;
      case 8: repeat(input, at, length); break;
      case 9: replace(input, at, token()); break;
      case 10: input = input.substr(0, at) + piece(corpus); break;
      default: change_number(input, at); break;
    }
  }

  char byte() {
    using namespace std::string_view_literals;
    static constexpr std::string_view kOften =
        "\0\x7f\x80\xff\n\r \t\"'\\/*:;,.{}[]()=<>-+%&?#0129aAzZ_"sv;
    return random_.below(2) ? kOften[random_.below(kOften.size())]
                            : static_cast<char>(random_.below(256));
  }
  std::string token() {
    return tokens_.empty() ? std::string(1, byte()) : tokens_[random_.below(tokens_.size())];
  }
  std::string piece(const std::vector<std::string>& corpus) {
    const std::string& other = corpus[random_.below(corpus.size())];
    const size_t from = random_.below(other.size());
    return other.substr(from, 1 + random_.below(other.size() - from));
  }
  void insert(std::string& input, size_t at, const std::string& bytes) {
    if (input.size() + bytes.size() <= bytes_max_) input.insert(at, bytes);
  }
  void replace(std::string& input, size_t at, const std::string& bytes) {
    input.replace(at, bytes.size(), bytes);
  }
  void repeat(std::string& input, size_t at, size_t length) {
    const std::string block = input.substr(at, length);
    std::string many;
    const size_t times = size_t{1} << random_.below(9);
    while (many.size() < block.size() * times && many.size() < bytes_max_) many += block;
    if (input.size() < bytes_max_) input.insert(at, many.substr(0, bytes_max_ - input.size()));
  }
  void change_number(std::string& input, size_t at) {
    static constexpr std::array<std::string_view, 12> kNumbers = {
        "0", "-1", "1", "127", "256", "65536", "2147483647", "2147483648", "4294967296",
        "9223372036854775807", "18446744073709551616", "1e309"};
    at = input.find_first_of("0123456789", at);
    if (at == input.npos) return;
    const size_t end = std::min(input.find_first_not_of("0123456789", at), input.size());
    input.replace(at, end - at, kNumbers[random_.below(kNumbers.size())]);
  }

  Random random_;
  size_t bytes_max_;
  std::vector<std::string> tokens_;
};

// The child: never returns.
class Fuzzer {
 public:
  Fuzzer(const Options& options, Shared& shared)
      : options_(options), shared_(shared),
        mutator_(options.seed, options.bytes_max, read_dictionary(options.dict)) {}

  [[noreturn]] void run() {
    const double end = now_seconds() + options_.seconds;
    load();
    while (now_seconds() < end) {
      for (int i = 0; i < 64; ++i) {
        std::string input = mutator_.pick(corpus_);
        mutator_.mutate(input, corpus_);
        if (!run_one(input)) continue;
        if (!options_.save.empty()) write_whole(options_.save + "/" + hash_name(input), input);
        keep(std::move(input));
      }
    }
    _exit(0);
  }

 private:
  void load() {
    keep("0");
    for (const std::string& path : options_.paths) {
      DIR* directory = opendir(path.c_str());
      if (!directory) continue;
      std::vector<std::string> names;
      while (const dirent* entry = readdir(directory)) names.push_back(path + "/" + entry->d_name);
      closedir(directory);
      std::sort(names.begin(), names.end());
      for (const std::string& name : names) {
        if (is_directory(name)) continue;
        std::string input = read_whole(name);
        if (input.size() > options_.bytes_max) input.resize(options_.bytes_max);
        if (run_one(input)) keep(std::move(input));
      }
    }
  }

  bool run_one(const std::string& input) {
    std::memcpy(shared_.input, input.data(), input.size());
    shared_.size = input.size();
    shared_.running = true;
    // On the heap and exactly as long, so that reading past its end is seen.
    uint8_t* copy = static_cast<uint8_t*>(std::malloc(input.size()));
    std::memcpy(copy, input.data(), input.size());
    LLVMFuzzerTestOneInput(copy, input.size());
    std::free(copy);
    shared_.running = false;
    ++shared_.runs;
    return take_news();
  }

  void keep(std::string input) {
    corpus_.push_back(std::move(input));
    shared_.corpus = corpus_.size();
    shared_.edges = static_cast<uint64_t>(
        std::count_if(seen.begin(), seen.end(), [](uint8_t bits) { return bits != 0; }));
  }

  const Options& options_;
  Shared& shared_;
  Mutator mutator_;
  std::vector<std::string> corpus_;
};

int report_crash(const char* program, const Options& options, const Shared& shared,
                 const std::string& cause) {
  const std::string target = std::string(program).substr(std::string(program).rfind('/') + 1);
  const std::string_view input(reinterpret_cast<const char*>(shared.input), shared.size);
  const std::string path = options.crashes + "/crash-" + target + "-" + hash_name(input);
  write_whole(path, input);
  std::printf("CRASH %s: %s after %llu runs (seed %llu); replay: %s %s\n", target.c_str(),
              cause.c_str(), static_cast<unsigned long long>(shared.runs),
              static_cast<unsigned long long>(options.seed), program, path.c_str());
  return 1;
}

// Waits for the child; returns what was wrong with it, or nothing.
std::string watch(pid_t child, const Shared& shared) {
  uint64_t runs = 0;
  double moved = now_seconds();
  while (true) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      const std::string where = shared.running ? "" : " in the driver itself";
      if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + where;
      const int code = WEXITSTATUS(status);
      return code == 0 ? "" : "exit code " + std::to_string(code) + where;
    }
    if (shared.runs != runs || !shared.running) {
      runs = shared.runs;
      moved = now_seconds();
    } else if (now_seconds() - moved > kHangSeconds) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return "no answer for " + std::to_string(kHangSeconds) + " s";
    }
    usleep(50'000);
  }
}

int fuzz(const char* program, const Options& options) {
  void* memory = mmap(nullptr, sizeof(Shared) + options.bytes_max, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  Shared& shared = *new (memory) Shared{};
  const double start = now_seconds();
  const pid_t child = fork();
  if (child == 0) Fuzzer(options, shared).run();
  const std::string cause = watch(child, shared);
  if (!cause.empty()) return report_crash(program, options, shared, cause);
  const double spent = now_seconds() - start;
  std::printf("%llu runs, %.0f/s, corpus %llu, edges %llu, seed %llu\n",
              static_cast<unsigned long long>(shared.runs),
              static_cast<double>(shared.runs) / spent,
              static_cast<unsigned long long>(shared.corpus),
              static_cast<unsigned long long>(shared.edges),
              static_cast<unsigned long long>(options.seed));
  return 0;
}

int replay(const Options& options) {
  for (const std::string& path : options.paths) {
    const std::string input = read_whole(path);
    std::vector<uint8_t> copy(input.begin(), input.end());
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
    std::printf("%s: ok (%zu bytes)\n", path.c_str(), input.size());
  }
  return 0;
}

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      out.paths.push_back(word);
      continue;
    }
    if (i + 1 == argc) return false;
    const char* value = argv[++i];
    if (word == "--seconds") out.seconds = std::strtod(value, nullptr);
    else if (word == "--seed") out.seed = std::strtoull(value, nullptr, 10);
    else if (word == "--max-bytes") out.bytes_max = std::strtoull(value, nullptr, 10);
    else if (word == "--dict") out.dict = value;
    else if (word == "--save") out.save = value;
    else if (word == "--crashes") out.crashes = value;
    else return false;
  }
  return out.bytes_max > 0;
}

}  // namespace

extern "C" __attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  // From the program's start, so that the same seed does the same wherever it is loaded.
  const uintptr_t pc = reinterpret_cast<uintptr_t>(__builtin_return_address(0)) -
                       reinterpret_cast<uintptr_t>(&__executable_start);
  const auto here = static_cast<uint32_t>((pc * 0x9e3779b97f4a7c15) >> 48);
  const uint32_t edge = (here ^ coverage.previous) & (kEdges - 1);
  uint8_t& count = coverage.counts.data()[edge];
  if (count == 0) coverage.touched.data()[coverage.touched_count++] = static_cast<uint16_t>(edge);
  if (count < 255) ++count;
  coverage.previous = here >> 1;
}

// The child ends by _exit, and what it keeps is no leak.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=2048";
}
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "%s: unknown or incomplete option; see tests/fuzz/driver.cc\n", argv[0]);
    return 2;
  }
  const bool files = !options.paths.empty() &&
                     std::none_of(options.paths.begin(), options.paths.end(), is_directory);
  return files ? replay(options) : fuzz(argv[0], options);
}
