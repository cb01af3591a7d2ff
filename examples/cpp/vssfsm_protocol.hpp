// The writer's side of `vssfsm conform`: read requests, one line of JSON each, and write replies.
// C++17, the standard library alone. What a writer under test has to be is said at serve().

#ifndef VSSFSM_PROTOCOL_HPP
#define VSSFSM_PROTOCOL_HPP

#include <cstdlib>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "vssfsm_record.hpp"

namespace vssfsm {

// One flat object of JSON: the text of each member, with `null`, `true`, `false` and numbers as they
// stand. Requests hold nothing deeper. `is_good` is false where the line is none.
class Request {
 public:
  explicit Request(std::string_view line) : rest_(line) { is_good = object(); }

  std::string get(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() || found->second == "null" ? std::string() : found->second;
  }

  bool is_good = false;

 private:
  bool object() {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string key;
      std::string value;
      if (!string(key) || !take(':') || !(string(value) || word(value))) return false;
      values_[key] = value;
    } while (take(','));
    return take('}');
  }

  bool take(char wanted) {
    const std::size_t start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(std::string& out) {
    const std::size_t end = rest_.find_first_of(",} \t\r\n");
    out = std::string(rest_.substr(0, end));
    rest_.remove_prefix(out.size());
    return !out.empty() && out.front() != '[' && out.front() != '{';
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == 'u') return unicode(out);
    const std::string_view from = "\"\\/bfnrt";
    const std::size_t at = from.find(c);
    if (at != std::string_view::npos) out += "\"\\/\b\f\n\r\t"[at];
    return at != std::string_view::npos;
  }

  bool unicode(std::string& out) {
    std::u16string units;
    do {
      if (rest_.size() < 4) return false;
      const std::string digits(rest_.substr(0, 4));
      units += static_cast<char16_t>(std::strtoul(digits.c_str(), nullptr, 16));
      rest_.remove_prefix(4);
    } while (units.size() == 1 && units[0] >= 0xD800 && units[0] < 0xDC00 && skip("\\u"));
    out += utf8(std::u16string_view(units));
    return true;
  }

  bool skip(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::string_view rest_;
  std::map<std::string, std::string> values_;
};

// What a writer reports: VSS_WRITER_STATE, failure code by name, what its handler returned.
struct Reply {
  int state = 1;
  std::string failure = "S_OK";
  bool returned = true;
};

namespace detail {

inline std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + json(name);
  return "[" + out + "]";
}

inline std::string reply(const Reply& one, bool with_returned) {
  const std::string pair = "\"state\": " + std::to_string(one.state) + ", \"failure\": " + json(one.failure);
  return "{" + pair + (with_returned ? std::string(", \"returned\": ") + (one.returned ? "true" : "false") : "") + "}";
}

template <class Writer>
std::string answer(Writer& writer, const Request& request) {
  const std::string op = request.get("op");
  if (op == "hello") {
    return "{\"name\": " + json(writer.name()) + ", \"can_fail\": " + list(writer.can_fail()) +
           ", \"can_soft\": " + list(writer.can_soft()) + "}";
  }
  if (op == "deliver") {
    const bool soft = request.get("soft") == "true";
    return reply(writer.deliver(request.get("event"), request.get("fail"), soft), true);
  }
  if (op == "timeout") return reply(writer.timeout(), false);
  if (op == "status") return reply(writer.status(), false);
  if (op == "reset") writer.reset();
  return "{}";
}

}  // namespace detail

// Answer requests until `bye`. *writer* has
//   std::string name();
//   std::vector<std::string> can_fail(), can_soft();   events at which it can be told to fail
//   void reset();                                      the next session begins
//   Reply deliver(event, fail, soft);                  *fail* is a code, or empty
//   Reply timeout();                                   the time from Freeze to Thaw ran out
//   Reply status();                                    what GetWriterStatus would give
// Gives what main() returns: 0, or 2 where a line is no request.
template <class Writer>
int serve(Writer& writer, std::istream& requests, std::ostream& replies) {
  for (std::string line; std::getline(requests, line);) {
    const Request request(line);
    if (!request.is_good) return 2;
    replies << detail::answer(writer, request) << std::endl;
    if (request.get("op") == "bye") return 0;
  }
  return 0;
}

}  // namespace vssfsm

#endif  // VSSFSM_PROTOCOL_HPP
