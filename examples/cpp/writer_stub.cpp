// A small writer that speaks the protocol of `vssfsm conform`, to be filled in.
//
//   g++ -std=c++17 -o writer_stub writer_stub.cpp
//   vssfsm conform --role writer -- ./writer_stub
//
// work() is where your own code goes; the rest keeps the state that VSS keeps for a writer. If
// VSSFSM_TRACE names a file, everything is recorded there; judge it with `vssfsm check`.

#include <iostream>
#include <string>
#include <vector>

#include "vssfsm_protocol.hpp"
#include "vssfsm_record.hpp"

namespace {

constexpr int stable = 1;
constexpr int first_failed = 6;
constexpr int waiting_for_thaw = 3;
constexpr int failed_at_freeze = 9;
constexpr int same = 0;

// What an event does: from a state that the writer is in, to the next one; and where a veto leads.
struct Step {
  const char* event;
  int from;
  int to;
  int failed;
};

constexpr Step steps[] = {
    {"PrepareBackup", stable, stable, 7},
    {"PrepareSnapshot", stable, 2, 8},
    {"Freeze", 2, waiting_for_thaw, failed_at_freeze},
    {"Thaw", waiting_for_thaw, 4, 10},
    {"PostSnapshot", 4, 5, 11},
    {"BackupComplete", same, stable, 12},
    {"BackupShutdown", same, stable, 15},
    {"PreRestore", stable, stable, 13},
    {"PostRestore", stable, stable, 14},
};

const Step* step_of(const std::string& event) {
  for (const Step& step : steps) {
    if (event == step.event) return &step;
  }
  return nullptr;
}

class Writer {
 public:
  explicit Writer(vssfsm::Recorder& recorder) : recorder_(recorder) {}

  std::string name() const { return "writer stub"; }
  std::vector<std::string> can_fail() const {
    std::vector<std::string> names;
    for (const Step& step : steps) names.push_back(step.event);
    return names;
  }
  std::vector<std::string> can_soft() const { return can_fail(); }

  void reset() {
    now_ = vssfsm::Reply();
    has_timed_out_ = false;
    ++session_;
  }

  vssfsm::Reply deliver(const std::string& event, const std::string& fail, bool soft) {
    const std::string failure = fail.empty() ? work(event) : fail;
    const bool late = event == "Thaw" && has_timed_out_;
    const std::string outcome = late ? "timeout" : failure == "S_OK" ? "ok" : soft ? "soft" : "veto";
    now_.returned = outcome == "ok" || outcome == "soft";
    if (event == "Abort") {
      if (now_.state < first_failed) become(stable, "S_OK");
    } else if (const Step* step = step_of(event)) {
      move(*step, outcome, failure);
    }
    return record(event, outcome);
  }

  vssfsm::Reply timeout() {
    if (now_.state == waiting_for_thaw) become(failed_at_freeze, "VSS_E_WRITERERROR_TIMEOUT");
    has_timed_out_ = true;
    return record("Abort", "");
  }

  vssfsm::Reply status() const { return now_; }

 private:
  // Fill in: do what your writer does at *event*, which is `Identify`, `PrepareBackup`, `Freeze` and
  // so on. Give S_OK, or the code that your handler would hand to SetWriterFailure.
  std::string work(const std::string& event) {
    static_cast<void>(event);
    return "S_OK";
  }

  void move(const Step& step, const std::string& outcome, const std::string& failure) {
    const bool has_failed = now_.state >= first_failed;
    if (outcome == "timeout") return;
    if (outcome == "veto") {
#ifdef VSSFSM_PLANT_FAULT
      become(step.to, "S_OK");  // a veto that nobody learns of
#else
      become(step.failed, failure);
#endif
    } else if (!has_failed) {
      become(step.from == same || step.from == now_.state ? step.to : now_.state, failure);
    }
  }

  void become(int state, const std::string& failure) {
    now_.state = state;
    now_.failure = failure;
  }

  vssfsm::Reply record(const std::string& event, const std::string& outcome) {
    vssfsm::Record line("writer", event);
    line.text("session", std::to_string(session_)).text("writer", name()).text("instance", "stub");
    line.text("outcome", outcome).number("state", now_.state).text("failure", now_.failure);
    recorder_.write(line.number("thread", vssfsm::thread_number()));
    return now_;
  }

  vssfsm::Recorder& recorder_;
  vssfsm::Reply now_;
  bool has_timed_out_ = false;  // a Thaw from now on comes too late
  int session_ = 0;
};

}  // namespace

int main() {
  Writer writer(vssfsm::recorder());
  return vssfsm::serve(writer, std::cin, std::cout);
}
