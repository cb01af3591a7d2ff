// Record what a writer or a requester does as a canonical trace of vssfsm: JSON Lines, version 1.
//
//   vssfsm::Recorder recorder("trace.jsonl");       // or vssfsm::recorder(): the file of VSSFSM_TRACE
//   recorder.keep("release", "2022");               // a key of every line
//   recorder.write(vssfsm::Record("writer", "Freeze").text("outcome", "ok").number("state", 3));
//
// C++17, the standard library alone, no .cpp file. Safe from any number of threads; a line is on its
// way to the disk when write() returns. A recorder never throws after its construction and never
// fails its program: if nothing can be written, nothing is recorded, and is_open() says so.

#ifndef VSSFSM_RECORD_HPP
#define VSSFSM_RECORD_HPP

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#ifdef _WIN32
#include <windows.h>
#else
#include <atomic>
#endif

namespace vssfsm {

// --- Text ---------------------------------------------------------------------------------------

namespace detail {

constexpr std::uint32_t replacement = 0xFFFD;  // stands for what is no character

inline void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6));
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

inline bool is_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xE000; }

// Take one character of UTF-8 from the front of *text*; what is no UTF-8 is taken byte by byte.
inline std::uint32_t take_utf8(std::string_view& text) {
  const auto at = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = at(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  std::uint32_t point = length < 2 ? lead : lead & (0x7Fu >> length);
  bool good = length > 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (at(i) & 0xC0) == 0x80;
    point = (point << 6) | (at(i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  good = good && !overlong && !is_surrogate(point) && point < 0x110000;
  text.remove_prefix(good ? length : 1);
  return good ? point : replacement;
}

}  // namespace detail

// UTF-16 (wchar_t of Windows, char16_t) or UTF-32 (wchar_t elsewhere) as UTF-8. A lone surrogate,
// which Windows allows in names, becomes U+FFFD: no reader of JSON takes it.
template <class Char>
std::string utf8(std::basic_string_view<Char> wide) {
  std::string out;
  out.reserve(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    std::uint32_t point = static_cast<std::uint32_t>(wide[i]);
    if constexpr (sizeof(Char) == 2) {
      point &= 0xFFFF;
      const std::uint32_t next = i + 1 < wide.size() ? static_cast<std::uint32_t>(wide[i + 1]) & 0xFFFF : 0;
      if (point >= 0xD800 && point < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (next - 0xDC00);
        ++i;
      }
    }
    detail::append_utf8(out, detail::is_surrogate(point) || point > 0x10FFFF ? detail::replacement : point);
  }
  return out;
}

// The same of a string that ends in 0; a null pointer is the empty string.
inline std::string utf8(const wchar_t* wide) {
  return wide == nullptr ? std::string() : utf8(std::wstring_view(wide));
}

// *text* as a string of JSON, quotes included. Bytes that are no UTF-8 become U+FFFD.
inline std::string json(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::uint32_t point = detail::take_utf8(text);
    if (point == '"' || point == '\\') {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point < 0x20 || point == 0x7F || point == 0x2028 || point == 0x2029) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(point));
      out += escape;
    } else {
      detail::append_utf8(out, point);
    }
  }
  return out += '"';
}

// --- Time, threads, tokens ----------------------------------------------------------------------

// Nanoseconds since 1970 UTC.
inline long long now_ns() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

// The number of this thread: that of the system on Windows, elsewhere one of our own.
inline long long thread_number() {
#ifdef _WIN32
  return static_cast<long long>(::GetCurrentThreadId());
#else
  static std::atomic<long long> last{0};
  thread_local const long long mine = ++last;
  return mine;
#endif
}

// A variable of the environment; empty if it is not set.
inline std::filesystem::path environment(const char* name) {
#ifdef _WIN32
  const std::wstring wide(name, name + std::char_traits<char>::length(name));
  wchar_t value[1024];
  const unsigned long length = ::GetEnvironmentVariableW(wide.c_str(), value, 1024);
  return length > 0 && length < 1024 ? std::filesystem::path(std::wstring(value, length)) : std::filesystem::path();
#else
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
#endif
}

// --- Records ------------------------------------------------------------------------------------

// One record. Keys are those of the trace format, each set at most once; empty text is left out,
// because it is the same as a missing key. `args` come last.
class Record {
 public:
  Record(std::string_view actor, std::string_view event) {
    number("time", now_ns()).text("actor", actor).text("event", event);
  }

  Record& text(std::string_view key, std::string_view value) {
    if (!value.empty()) member(members_, key, json(value));
    return *this;
  }
  Record& text(std::string_view key, const wchar_t* value) { return text(key, utf8(value)); }
  Record& number(std::string_view key, long long value) {
    member(members_, key, std::to_string(value));
    return *this;
  }
  // An HRESULT, as eight hexadecimal digits.
  Record& hresult(std::string_view key, long value) { return text(key, hex(value)); }

  Record& arg(std::string_view key, std::string_view value) {
    member(args_, key, json(value));
    return *this;
  }
  Record& arg(std::string_view key, const wchar_t* value) {
    return value == nullptr ? *this : arg(key, utf8(value));
  }
  Record& arg_number(std::string_view key, long long value) {
    member(args_, key, std::to_string(value));
    return *this;
  }
  Record& arg_flag(std::string_view key, bool value) {
    member(args_, key, value ? "true" : "false");
    return *this;
  }

  static std::string hex(long value) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "0x%08lX", static_cast<unsigned long>(value) & 0xFFFFFFFFul);
    return digits;
  }

 private:
  friend class Recorder;

  static void member(std::string& to, std::string_view key, const std::string& value) {
    if (!to.empty()) to += ", ";
    to += json(key) + ": " + value;
  }

  std::string members_;
  std::string args_;
};

// --- The recorder -------------------------------------------------------------------------------

// Appends records to a file. Several recorders may append to one file only if their records need no
// order between them; better give each process a file, and vssfsm all of them.
class Recorder {
 public:
  Recorder() : Recorder(environment("VSSFSM_TRACE")) {}
  explicit Recorder(const std::filesystem::path& path) : start_(now_ns()) {
    if (!path.empty()) file_.open(path, std::ios::binary | std::ios::app);
#ifdef _WIN32
    const std::wstring host = environment("COMPUTERNAME").wstring();
    keep("host", utf8(std::wstring_view(host)));
#else
    keep("host", environment("HOSTNAME").string());
#endif
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Whether there is a file, and everything was written so far.
  bool is_open() const { return file_.is_open() && file_.good(); }

  // Put a key into every line that follows, such as `host`, `release` or `process`. A key that was
  // kept before gets the new value; an empty value leaves it out.
  Recorder& keep(std::string_view key, std::string_view value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::string begin = ", " + json(key) + ": ";
    const std::size_t at = kept_.find(begin);
    if (at != std::string::npos) {
      const std::size_t next = kept_.find('\n', at);
      kept_.erase(at, next - at + 1);
    }
    if (!value.empty()) kept_ += begin + json(value) + '\n';
    return *this;
  }

  // Write one line. Never throws: a writer or a backup must not fail because it is watched.
  void write(const Record& record) noexcept {
    try {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!is_open()) return;
      std::string line = "{" + record.members_;
      for (const char c : kept_) {
        if (c != '\n') line += c;
      }
      if (!record.args_.empty()) line += ", \"args\": {" + record.args_ + "}";
      line += "}\n";
      file_.write(line.data(), static_cast<std::streamsize>(line.size()));
      file_.flush();
    } catch (...) {
      lost_ = true;
    }
  }

  // Whether a line could not be made, for want of memory.
  bool has_lost() const { return lost_; }

  // A text that no other call gives, here or in another run: for `session` and `instance`.
  std::string token() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::to_string(start_) + "-" + std::to_string(++tokens_);
  }

 private:
  std::mutex mutex_;
  std::ofstream file_;
  std::string kept_;  // members with a line end after each, which no string of JSON holds
  long long start_;
  long long tokens_ = 0;
  bool lost_ = false;
};

// The recorder of this process: it writes to the file that VSSFSM_TRACE names, or nowhere.
inline Recorder& recorder() {
  static Recorder one;
  return one;
}

}  // namespace vssfsm

#endif  // VSSFSM_RECORD_HPP
