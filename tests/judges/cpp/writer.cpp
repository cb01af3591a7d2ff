// Writers that are recorded, and driven as VSS would: `old` of CVssWriter, which may be told to `veto`
// or to `throw`; `new` of CVssWriterEx2, which may set its failure from another `thread`, or be `deaf`.

#include <string_view>
#include <thread>

#include "cvsswriter.hpp"

#include "vssfsm_writer.hpp"

namespace {

constexpr HRESULT retryable = static_cast<HRESULT>(0x800423F3);
constexpr GUID id = {0x12345678, 0x9abc, 0xdef0, {1, 2, 3, 4, 5, 6, 7, 8}};

class Old : public vssfsm::RecordedCalls<CVssWriter> {
 public:
  Old(bool vetoes, bool throws) : vetoes_(vetoes), throws_(throws) {}

 protected:  // handlers need not be public
  bool STDMETHODCALLTYPE OnPrepareSnapshot() override { return true; }
  bool STDMETHODCALLTYPE OnFreeze() override {
    if (throws_) throw 1;
    if (vetoes_) SetWriterFailure(retryable);
    return !vetoes_;
  }
  bool STDMETHODCALLTYPE OnThaw() override { return true; }
  bool STDMETHODCALLTYPE OnAbort() override { return true; }

 private:
  bool vetoes_;
  bool throws_;
};

class New : public vssfsm::RecordedCalls<CVssWriterEx2> {
 public:
  explicit New(bool wrong) : wrong_(wrong) {}
  bool STDMETHODCALLTYPE OnPrepareSnapshot() override { return true; }
  bool STDMETHODCALLTYPE OnFreeze() override { return true; }
  bool STDMETHODCALLTYPE OnThaw() override { return true; }
  bool STDMETHODCALLTYPE OnAbort() override { return true; }
  bool STDMETHODCALLTYPE OnPostSnapshot(IVssWriterComponents*) override {
    if (wrong_) {
      std::thread([this] { SetWriterFailureEx(retryable, S_OK, L"a worker's"); }).join();
    } else {
      SetWriterFailureEx(retryable, S_OK, L"it goes on");
    }
    return true;
  }
  bool STDMETHODCALLTYPE OnBackupComplete(IVssWriterComponents*) override {
    SetWriterFailureEx(retryable, S_OK, nullptr);
    SetWriterFailureEx(S_OK, S_OK, nullptr);  // it was nothing
    return true;
  }

 private:
  bool wrong_;
};

void back_up(CVssWriter& writer, bool is_vetoed) {
  writer.OnPrepareBackup(nullptr);
  writer.OnPrepareSnapshot();
  try {
    writer.OnFreeze();
  } catch (int) {
    is_vetoed = true;
  }
  if (is_vetoed) {
    writer.OnAbort();
  } else {
    writer.OnThaw();
    writer.OnPostSnapshot(nullptr);
    writer.OnBackupComplete(nullptr);
  }
  writer.OnBackupShutdown(GUID{});
}

void restore(CVssWriter& writer) {
  writer.OnPreRestore(nullptr);
  writer.OnPostRestore(nullptr);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view which = count > 1 ? arguments[1] : "";
  const std::string_view told = count > 2 ? arguments[2] : "";
  if (which == "old") {
    vssfsm::Recorded<Old> writer(told == "veto", told == "throw");
    writer.Initialize(id, L"Old W\u00e4chter", VSS_UT_USERDATA, VSS_ST_OTHER, VSS_APP_BACK_END, 20000);
    writer.Subscribe();
    CVssWriter& known = writer;  // VSS knows nothing of Recorded
    known.OnIdentify(nullptr);
    back_up(known, told == "veto");
    restore(known);
    writer.Unsubscribe();
  } else {
    vssfsm::Recorded<New> writer(told == "thread");
    writer.InitializeEx(id, L"New", 1, 0, VSS_UT_USERDATA, VSS_ST_OTHER);
    if (told != "deaf") writer.SubscribeEx(0);
    CVssWriterEx& known = writer;
    known.OnIdentifyEx(nullptr);
    back_up(known, false);
    writer.Unsubscribe();
  }
}
