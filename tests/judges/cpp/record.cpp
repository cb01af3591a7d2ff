// Hard text from several threads, recorded to the file of VSSFSM_TRACE.

#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "vssfsm_record.hpp"

namespace {

constexpr int threads = 8;
constexpr int lines = 200;

void many(vssfsm::Recorder& recorder, int number) {
  for (int i = 0; i < lines; ++i) {
    vssfsm::Record line("writer", "Identify");
    line.text("instance", "t" + std::to_string(number)).number("thread", vssfsm::thread_number());
    recorder.write(line.arg_number("index", i));
  }
}

}  // namespace

int main() {
  vssfsm::Recorder& recorder = vssfsm::recorder();
  if (!recorder.is_open()) return 3;
  recorder.keep("host", "first").keep("release", "2019").keep("process", "p\n\"q");
  recorder.keep("host", "srv \xC3\xA4").keep("release", "");
  const std::u16string pair = {0xD83D, 0xDE00, u'\u00E4', 0xD800, u'x', 0xDC00};
  vssfsm::Record hard("writer", "Freeze");
  hard.text("writer", vssfsm::utf8(std::u16string_view(pair)) + " \"\\\n\t\x01\x7F \xFF\xC0\xAF \xED\xA0\x80");
  hard.text("instance", L"\u20AC").text("session", "").text("outcome", "veto");
  hard.hresult("failure", static_cast<long>(0x800423F3)).arg("component", L"C:\\data\\").arg_flag("selected", true);
  recorder.write(hard);
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(many, std::ref(recorder), i);
  for (std::thread& one : all) one.join();
  std::cout << recorder.token() << " " << recorder.token() << "\n";
  return recorder.is_open() && !recorder.has_lost() ? 0 : 1;
}
