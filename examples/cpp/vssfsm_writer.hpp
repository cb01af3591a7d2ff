// Record a VSS writer: each On... handler as it is entered and left, and the writer's own calls.
//
// Include <vswriter.h> (with what it needs) before this header, then change two lines:
//
//   class MyWriter : public vssfsm::RecordedCalls<CVssWriter> { ... };   // was: public CVssWriter
//   vssfsm::Recorded<MyWriter> writer(...);                              // was: MyWriter writer(...)
//
// RecordedCalls hides Initialize, Subscribe, Unsubscribe, SetWriterFailure and what CVssWriterEx and
// CVssWriterEx2 add, and records each call with its thread and handler. Recorded overrides the
// handlers: public or protected ones, not private ones. Records go to vssfsm::recorder() unless
// record_to() names another.
//
// A handler that returns true is `ok`, or `soft` if it has set a failure on the way; one that
// returns false is `veto`. One that throws, which none may, has no outcome. The state is not recorded: a
// writer cannot see its own.

#ifndef VSSFSM_WRITER_HPP
#define VSSFSM_WRITER_HPP

#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vssfsm_guid.hpp"
#include "vssfsm_record.hpp"

namespace vssfsm {

// What one writer object has in common with all of its records, and the handlers that run now.
class WriterLog {
 public:
  // Send records elsewhere; call it before Initialize.
  void record_to(Recorder& other) { recorder_ = &other; }

 protected:
  WriterLog() : recorder_(&recorder()), instance_(recorder_->token()) {}
  ~WriterLog() = default;

  void identify_as(const VSS_ID& id, const wchar_t* name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    writer_id_ = guid(id);
    writer_ = utf8(name);
  }

  // Enter *handler*, and say whether it is to be recorded: the SDK's OnIdentifyEx may call OnIdentify.
  bool enter(const char* handler, const std::string& session) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (running(thread_number()) != nullptr) return false;
      running_.push_back({handler, thread_number(), session, false});
    }
    Record line = begin(handler, session);
    recorder_->write(line.text("at", "entry"));
    return true;
  }

  // Leave *handler*; what it *returned* is null where it threw.
  void leave(const char* handler, const bool* returned) {
    Running last{handler, thread_number(), std::string(), false};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (std::size_t i = running_.size(); i-- > 0;) {
        if (running_[i].thread != last.thread) continue;
        last = running_[i];
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
    }
    Record line = begin(handler, last.session);
    line.text("at", "return");
    if (returned != nullptr) line.text("outcome", !*returned ? "veto" : last.has_failed ? "soft" : "ok");
    recorder_->write(line);
  }

  // Begin the record of an own call: in the handler of this thread, else in the last one entered.
  Record own_call(const char* name) {
    std::string handler;
    std::string session;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const Running* in = running(thread_number());
      if (in == nullptr && !running_.empty()) in = &running_.back();
      if (in != nullptr) {
        handler = in->handler;
        session = in->session;
      }
    }
    Record line = begin(name, session);
    line.text("during", handler);
    return line;
  }

  HRESULT write_call(Record line, HRESULT result) {
    recorder_->write(line.hresult("hresult", result));
    return result;
  }

  // Remember that the running handler has set *failure*, which S_OK takes back.
  HRESULT failure_set(Record line, HRESULT failure, HRESULT result) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      Running* in = running(thread_number());
      if (in == nullptr && !running_.empty()) in = &running_.back();
      if (in != nullptr && SUCCEEDED(result)) in->has_failed = failure != S_OK;
    }
    return write_call(line.hresult("failure", failure), result);
  }

 private:
  struct Running {
    const char* handler;
    long long thread;
    std::string session;
    bool has_failed;
  };

  Running* running(long long thread) {
    for (Running& one : running_) {
      if (one.thread == thread) return &one;
    }
    return nullptr;
  }

  Record begin(const char* event, const std::string& session) {
    Record line("writer", event);
    const std::lock_guard<std::mutex> lock(mutex_);
    line.text("session", session).text("writer", writer_).text("writer_id", writer_id_);
    line.text("instance", instance_).number("thread", thread_number());
    return line;
  }

  std::mutex mutex_;
  Recorder* recorder_;
  std::string instance_;
  std::string writer_;
  std::string writer_id_;
  std::vector<Running> running_;
};

// Base is CVssWriter, CVssWriterEx or CVssWriterEx2.
template <class Base>
class RecordedCalls : public Base, public WriterLog {
 public:
  HRESULT STDMETHODCALLTYPE Initialize(
      VSS_ID id, LPCWSTR name, VSS_USAGE_TYPE usage, VSS_SOURCE_TYPE source,
      VSS_APPLICATION_LEVEL level = VSS_APP_FRONT_END, DWORD timeout = 60000,
      VSS_ALTERNATE_WRITER_STATE alternate = VSS_AWS_NO_ALTERNATE_WRITER, bool throttling = false,
      LPCWSTR instance_name = nullptr) {
    Record line = initialized("Initialize", id, name, level, timeout);
    return write_call(line, Base::Initialize(id, name, usage, source, level, timeout, alternate,
                                             throttling, instance_name));
  }

  HRESULT STDMETHODCALLTYPE InitializeEx(
      VSS_ID id, LPCWSTR name, DWORD major, DWORD minor, VSS_USAGE_TYPE usage, VSS_SOURCE_TYPE source,
      VSS_APPLICATION_LEVEL level = VSS_APP_FRONT_END, DWORD timeout = 60000,
      VSS_ALTERNATE_WRITER_STATE alternate = VSS_AWS_NO_ALTERNATE_WRITER, bool throttling = false,
      LPCWSTR instance_name = nullptr) {
    Record line = initialized("InitializeEx", id, name, level, timeout);
    return write_call(line, Base::InitializeEx(id, name, major, minor, usage, source, level, timeout,
                                               alternate, throttling, instance_name));
  }

  HRESULT STDMETHODCALLTYPE Subscribe(DWORD flags = VSS_SM_BACKUP_EVENTS_FLAG | VSS_SM_RESTORE_EVENTS_FLAG) {
    Record line = own_call("Subscribe");
    line.arg_number("mask", static_cast<long long>(flags));
    return write_call(line, Base::Subscribe(flags));
  }

  HRESULT STDMETHODCALLTYPE SubscribeEx(
      DWORD timeout, DWORD flags = VSS_SM_BACKUP_EVENTS_FLAG | VSS_SM_RESTORE_EVENTS_FLAG) {
    Record line = own_call("SubscribeEx");
    line.arg_number("mask", static_cast<long long>(flags));
    return write_call(line, Base::SubscribeEx(timeout, flags));
  }

  HRESULT STDMETHODCALLTYPE Unsubscribe() {
    Record line = own_call("Unsubscribe");
    return write_call(line, Base::Unsubscribe());
  }

  HRESULT STDMETHODCALLTYPE SetWriterFailure(HRESULT failure) {
    Record line = own_call("SetWriterFailure");
    return failure_set(line, failure, Base::SetWriterFailure(failure));
  }

  HRESULT STDMETHODCALLTYPE SetWriterFailureEx(HRESULT failure, HRESULT application, LPCWSTR message) {
    Record line = own_call("SetWriterFailureEx");
    return failure_set(line, failure, Base::SetWriterFailureEx(failure, application, message));
  }

  HRESULT STDMETHODCALLTYPE GetSessionId(VSS_ID* id) {
    Record line = own_call("GetSessionId");
    return write_call(line, Base::GetSessionId(id));
  }

 protected:
  // The session that a handler on this thread belongs to; empty before CVssWriterEx2.
  std::string session_now() { return session_of(*this, 0); }

 private:
  Record initialized(const char* call, const VSS_ID& id, LPCWSTR name, VSS_APPLICATION_LEVEL level, DWORD timeout) {
    identify_as(id, name);
    Record line = own_call(call);
    line.arg_number("app_level", level).arg_number("timeout_ms", static_cast<long long>(timeout));
    return line;
  }

  // The first is chosen where Base has GetSessionId; it is not recorded, as the writer did not call it.
  template <class Self, class B = Base>
  static auto session_of(Self& self, int) -> decltype(self.B::GetSessionId(nullptr), std::string()) {
    VSS_ID id = {};
    return SUCCEEDED(self.B::GetSessionId(&id)) ? guid(id) : std::string();
  }
  template <class Self>
  static std::string session_of(Self&, long) {
    return std::string();
  }
};

// The writer itself, with every handler recorded. Its arguments are those of Writer.
template <class Writer>
class Recorded : public Writer {
  static_assert(std::is_base_of<WriterLog, Writer>::value,
                "derive the writer from vssfsm::RecordedCalls<CVssWriter>, not from CVssWriter");

 public:
  using Writer::Writer;

  bool STDMETHODCALLTYPE OnIdentify(IVssCreateWriterMetadata* metadata) override {
    return run("Identify", [&] { return Writer::OnIdentify(metadata); });
  }
  bool STDMETHODCALLTYPE OnPrepareBackup(IVssWriterComponents* components) override {
    return run("PrepareBackup", [&] { return Writer::OnPrepareBackup(components); });
  }
  bool STDMETHODCALLTYPE OnPrepareSnapshot() override {
    return run("PrepareSnapshot", [&] { return Writer::OnPrepareSnapshot(); });
  }
  bool STDMETHODCALLTYPE OnFreeze() override {
    return run("Freeze", [&] { return Writer::OnFreeze(); });
  }
  bool STDMETHODCALLTYPE OnThaw() override {
    return run("Thaw", [&] { return Writer::OnThaw(); });
  }
  bool STDMETHODCALLTYPE OnPostSnapshot(IVssWriterComponents* components) override {
    return run("PostSnapshot", [&] { return Writer::OnPostSnapshot(components); });
  }
  bool STDMETHODCALLTYPE OnAbort() override {
    return run("Abort", [&] { return Writer::OnAbort(); });
  }
  bool STDMETHODCALLTYPE OnBackupComplete(IVssWriterComponents* components) override {
    return run("BackupComplete", [&] { return Writer::OnBackupComplete(components); });
  }
  bool STDMETHODCALLTYPE OnBackupShutdown(VSS_ID set) override {
    return run("BackupShutdown", [&] { return Writer::OnBackupShutdown(set); });
  }
  bool STDMETHODCALLTYPE OnPreRestore(IVssWriterComponents* components) override {
    return run("PreRestore", [&] { return Writer::OnPreRestore(components); });
  }
  bool STDMETHODCALLTYPE OnPostRestore(IVssWriterComponents* components) override {
    return run("PostRestore", [&] { return Writer::OnPostRestore(components); });
  }
  // Overrides that of CVssWriterEx. A CVssWriter has none: then nobody calls this one.
  virtual bool STDMETHODCALLTYPE OnIdentifyEx(IVssCreateWriterMetadataEx* metadata) {
    return run("Identify", [&] { return identify_ex(*this, metadata, 0); });
  }

 private:
  template <class Handler>
  bool run(const char* event, Handler handler) {
    const bool belongs = std::string_view(event) != "Identify";  // Identify is of no session
    const bool is_recorded = this->enter(event, belongs ? this->session_now() : std::string());
    try {
      const bool returned = handler();
      if (is_recorded) this->leave(event, &returned);
      return returned;
    } catch (...) {
      if (is_recorded) this->leave(event, nullptr);
      throw;
    }
  }

  template <class Self, class W = Writer>
  static auto identify_ex(Self& self, IVssCreateWriterMetadataEx* metadata, int)
      -> decltype(self.W::OnIdentifyEx(metadata)) {
    return self.W::OnIdentifyEx(metadata);
  }
  template <class Self>
  static bool identify_ex(Self&, IVssCreateWriterMetadataEx*, long) {
    return true;
  }
};

}  // namespace vssfsm

#endif  // VSSFSM_WRITER_HPP
