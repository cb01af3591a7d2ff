// A requester that is recorded, with a service that says yes to everything behind it. Arguments:
// `good` backs up, `restore` restores, `early` makes the copy before PrepareForBackup, `beyond` reads
// past the end, `hasty` does not wait; a second one, `old`, is for a service without any of the Ex
// interfaces.

#include <string_view>

#include <windows.h>

#include <vss.h>

#include <vswriter.h>

#include <vsbackup.h>

#include "vssfsm_requester.hpp"

namespace {

constexpr HRESULT pending = 0x00042309;
constexpr HRESULT finished = 0x0004230A;
constexpr HRESULT not_found = static_cast<HRESULT>(0x80042308);
constexpr GUID writer_id = {0x12345678, 0x9abc, 0xdef0, {1, 2, 3, 4, 5, 6, 7, 8}};
constexpr GUID instance_id = {0x87654321, 0, 0, {1}};
bool is_old = false;
int living = 0;

// What both of the service's objects do about references.
template <class Interface>
class Counted : public Interface {
 public:
  Counted() { ++living; }
  virtual ~Counted() { --living; }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++count_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --count_;
    if (left == 0) delete this;
    return left;
  }

 private:
  ULONG count_ = 1;
};

class Async : public Counted<IVssAsync> {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) override { return E_NOINTERFACE; }
  HRESULT STDMETHODCALLTYPE Cancel() override { return S_OK; }
  HRESULT STDMETHODCALLTYPE Wait(DWORD) override {
    is_over_ = true;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE QueryStatus(HRESULT* result, INT*) override {
    *result = is_over_ ? finished : pending;
    return S_OK;
  }

 private:
  bool is_over_ = false;
};

HRESULT begin(IVssAsync** async) {
  *async = new Async;
  return S_OK;
}

#define METHOD HRESULT STDMETHODCALLTYPE

class Service : public Counted<IVssBackupComponentsEx3> {
 public:
  METHOD QueryInterface(REFIID id, void** out) override {
    *out = nullptr;
    const int known = is_old ? 1 : 4;
    for (int i = 0; i < known; ++i) {
      if (IsEqualGUID(id, vssfsm::detail::component_ids[i])) *out = static_cast<IVssBackupComponents*>(this);
    }
    if (*out != nullptr) AddRef();
    return *out == nullptr ? E_NOINTERFACE : S_OK;
  }
  METHOD GetWriterComponentsCount(UINT* count) override { return one(count); }
  METHOD GetWriterComponents(UINT, IVssWriterComponentsExt**) override { return S_OK; }
  METHOD InitializeForBackup(BSTR) override { return S_OK; }
  METHOD SetBackupState(boolean, boolean, VSS_BACKUP_TYPE, boolean) override { return S_OK; }
  METHOD InitializeForRestore(BSTR) override { return S_OK; }
  METHOD SetRestoreState(VSS_RESTORE_TYPE) override { return S_OK; }
  METHOD GatherWriterMetadata(IVssAsync** async) override { return begin(async); }
  METHOD GetWriterMetadataCount(UINT* count) override { return one(count); }
  METHOD GetWriterMetadata(UINT index, VSS_ID* instance, IVssExamineWriterMetadata**) override {
    *instance = instance_id;
    return index == 0 ? S_OK : not_found;
  }
  METHOD FreeWriterMetadata() override { return S_OK; }
  METHOD AddComponent(VSS_ID, VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR) override { return S_OK; }
  METHOD PrepareForBackup(IVssAsync** async) override { return begin(async); }
  METHOD AbortBackup() override { return S_OK; }
  METHOD GatherWriterStatus(IVssAsync** async) override { return begin(async); }
  METHOD GetWriterStatusCount(UINT* count) override { return one(count); }
  METHOD FreeWriterStatus() override { return S_OK; }
  METHOD GetWriterStatus(UINT index, VSS_ID* instance, VSS_ID* writer, BSTR* name, VSS_WRITER_STATE* state,
                         HRESULT* failure) override {
    static wchar_t known[] = L"Test \u00e4";
    *instance = instance_id;
    *writer = writer_id;
    *name = known;
    *state = VSS_WS_STABLE;
    *failure = S_OK;
    return index == 0 ? S_OK : not_found;
  }
  METHOD SetBackupSucceeded(VSS_ID, VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, boolean) override { return S_OK; }
  METHOD SetBackupOptions(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR) override { return S_OK; }
  METHOD SetSelectedForRestore(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, boolean) override { return S_OK; }
  METHOD SetRestoreOptions(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR) override { return S_OK; }
  METHOD SetAdditionalRestores(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, boolean) override { return S_OK; }
  METHOD SetPreviousBackupStamp(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR) override { return S_OK; }
  METHOD SaveAsXML(BSTR*) override { return S_OK; }
  METHOD BackupComplete(IVssAsync** async) override { return begin(async); }
  METHOD AddAlternativeLocationMapping(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR, LPCWSTR, boolean,
                                       LPCWSTR) override {
    return S_OK;
  }
  METHOD AddRestoreSubcomponent(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR, LPCWSTR, boolean) override {
    return S_OK;
  }
  METHOD SetFileRestoreStatus(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, VSS_FILE_RESTORE_STATUS) override {
    return S_OK;
  }
  METHOD AddNewTarget(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR, LPCWSTR, boolean, LPCWSTR) override {
    return S_OK;
  }
  METHOD SetRangesFilePath(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, UINT, LPCWSTR) override { return S_OK; }
  METHOD PreRestore(IVssAsync** async) override { return begin(async); }
  METHOD PostRestore(IVssAsync** async) override { return begin(async); }
  METHOD SetContext(LONG) override { return S_OK; }
  METHOD StartSnapshotSet(VSS_ID* set) override {
    *set = instance_id;
    return S_OK;
  }
  METHOD AddToSnapshotSet(VSS_PWSZ, VSS_ID, VSS_ID* snapshot) override {
    *snapshot = instance_id;
    return S_OK;
  }
  METHOD DoSnapshotSet(IVssAsync** async) override { return begin(async); }
  METHOD DeleteSnapshots(VSS_ID, VSS_OBJECT_TYPE, BOOL, LONG*, VSS_ID*) override { return S_OK; }
  METHOD ImportSnapshots(IVssAsync** async) override { return begin(async); }
  METHOD BreakSnapshotSet(VSS_ID) override { return S_OK; }
  METHOD GetSnapshotProperties(VSS_ID, VSS_SNAPSHOT_PROP*) override { return S_OK; }
  METHOD Query(VSS_ID, VSS_OBJECT_TYPE, VSS_OBJECT_TYPE, IVssEnumObject**) override { return S_OK; }
  METHOD IsVolumeSupported(VSS_ID, VSS_PWSZ, BOOL*) override { return S_OK; }
  METHOD DisableWriterClasses(const VSS_ID*, UINT) override { return S_OK; }
  METHOD EnableWriterClasses(const VSS_ID*, UINT) override { return S_OK; }
  METHOD DisableWriterInstances(const VSS_ID*, UINT) override { return S_OK; }
  METHOD ExposeSnapshot(VSS_ID, VSS_PWSZ, LONG, VSS_PWSZ, VSS_PWSZ*) override { return S_OK; }
  METHOD RevertToSnapshot(VSS_ID, BOOL) override { return S_OK; }
  METHOD QueryRevertStatus(VSS_PWSZ, IVssAsync** async) override { return begin(async); }
  METHOD GetWriterMetadataEx(UINT, VSS_ID*, IVssExamineWriterMetadataEx**) override { return S_OK; }
  METHOD SetSelectedForRestoreEx(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, boolean, VSS_ID) override {
    return S_OK;
  }
  METHOD UnexposeSnapshot(VSS_ID) override { return S_OK; }
  METHOD SetAuthoritativeRestore(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, boolean) override { return S_OK; }
  METHOD SetRollForward(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, VSS_ROLLFORWARD_TYPE, LPCWSTR) override {
    return S_OK;
  }
  METHOD SetRestoreName(VSS_ID, VSS_COMPONENT_TYPE, LPCWSTR, LPCWSTR, LPCWSTR) override { return S_OK; }
  METHOD BreakSnapshotSetEx(VSS_ID, DWORD, IVssAsync** async) override { return begin(async); }
  METHOD PreFastRecovery(VSS_ID, DWORD, IVssAsync** async) override { return begin(async); }
  METHOD FastRecovery(VSS_ID, DWORD, IVssAsync** async) override { return begin(async); }
  METHOD GetWriterStatusEx(UINT index, VSS_ID* instance, VSS_ID* writer, BSTR* name, VSS_WRITER_STATE* state,
                           HRESULT* failure, HRESULT*, BSTR*) override {
    return GetWriterStatus(index, instance, writer, name, state, failure);
  }
  METHOD AddSnapshotToRecoverySet(VSS_ID, DWORD, VSS_PWSZ) override { return S_OK; }
  METHOD RecoverSet(DWORD, IVssAsync** async) override { return begin(async); }
  METHOD GetSessionId(VSS_ID* id) override {
    *id = instance_id;
    return S_OK;
  }

 private:
  static HRESULT one(UINT* count) {
    *count = 1;
    return S_OK;
  }
};

// --- The requester ------------------------------------------------------------------------------

void finish(IVssAsync* async, bool polls = false) {
  HRESULT result = pending;
  if (polls) async->QueryStatus(&result, nullptr);
  async->Wait(INFINITE);
  async->QueryStatus(&result, nullptr);
  async->Release();
}

using Operation = HRESULT (STDMETHODCALLTYPE IVssBackupComponents::*)(IVssAsync**);

void run(IVssBackupComponents* backup, Operation operation, bool polls = false) {
  IVssAsync* async = nullptr;
  (backup->*operation)(&async);
  finish(async, polls);
}

// A round of statuses; with Ex3 where the object has it.
void ask(IVssBackupComponents* backup) {
  run(backup, &IVssBackupComponents::GatherWriterStatus);
  UINT count = 0;
  VSS_ID instance;
  VSS_ID writer;
  BSTR name = nullptr;
  VSS_WRITER_STATE state;
  HRESULT failure;
  backup->GetWriterStatusCount(&count);
  void* found = nullptr;
  if (SUCCEEDED(backup->QueryInterface(vssfsm::detail::component_ids[3], &found))) {
    auto* young = static_cast<IVssBackupComponentsEx3*>(found);
    young->GetWriterStatusEx(0, &instance, &writer, &name, &state, &failure, nullptr, nullptr);
    young->Release();
  } else {
    backup->GetWriterStatus(0, &instance, &writer, &name, &state, &failure);
  }
  backup->FreeWriterStatus();
}

void gather(IVssBackupComponents* backup, UINT index = 0) {
  run(backup, &IVssBackupComponents::GatherWriterMetadata);
  UINT count = 0;
  VSS_ID instance;
  backup->GetWriterMetadataCount(&count);
  backup->GetWriterMetadata(index, &instance, nullptr);
  backup->FreeWriterMetadata();
}

void back_up(IVssBackupComponents* backup, std::string_view told) {
  backup->InitializeForBackup(nullptr);
  backup->SetContext(VSS_CTX_BACKUP);
  backup->SetBackupState(true, false, VSS_BT_FULL, false);
  gather(backup, told == "beyond" ? 7 : 0);
  VSS_ID id;
  wchar_t volume[] = L"C:\\";
  backup->StartSnapshotSet(&id);
  backup->AddComponent(instance_id, writer_id, VSS_CT_FILEGROUP, L"data", L"files");
  backup->AddToSnapshotSet(volume, GUID{}, &id);
  if (told != "early") run(backup, &IVssBackupComponents::PrepareForBackup, true);
  ask(backup);
  if (told == "hasty") {
    IVssAsync* async = nullptr;
    backup->DoSnapshotSet(&async);
    VSS_SNAPSHOT_PROP properties;
    backup->GetSnapshotProperties(id, &properties);
    finish(async);
  } else {
    run(backup, &IVssBackupComponents::DoSnapshotSet);
  }
  ask(backup);
  VSS_SNAPSHOT_PROP properties;
  backup->GetSnapshotProperties(id, &properties);
  backup->SetBackupSucceeded(instance_id, writer_id, VSS_CT_FILEGROUP, L"data", L"files", true);
  run(backup, &IVssBackupComponents::BackupComplete);
  ask(backup);
}

void restore(IVssBackupComponents* backup) {
  wchar_t saved[] = L"<xml/>";
  backup->InitializeForRestore(saved);
  backup->SetRestoreState(VSS_RTYPE_BY_COPY);
  gather(backup);
  backup->SetSelectedForRestore(writer_id, VSS_CT_FILEGROUP, nullptr, L"files", true);
  run(backup, &IVssBackupComponents::PreRestore);
  ask(backup);
  backup->SetFileRestoreStatus(writer_id, VSS_CT_FILEGROUP, nullptr, L"files", VSS_RS_ALL);
  run(backup, &IVssBackupComponents::PostRestore);
  ask(backup);
}

}  // namespace

extern "C" HRESULT STDAPICALLTYPE CreateVssBackupComponentsInternal(IVssBackupComponents** out) {
  *out = new Service;
  return S_OK;
}

int main(int count, char** arguments) {
  const std::string_view told = count > 1 ? arguments[1] : "";
  is_old = count > 2 && std::string_view(arguments[2]) == "old";
  vssfsm::recorder().keep("process", "test.exe").keep("release", "2022");
  for (int i = 0; i < 2; ++i) {
    IVssBackupComponents* backup = nullptr;
    vssfsm::CreateRecordedBackupComponents(&backup);
    backup->AddRef();
    if (told == "restore") {
      restore(backup);
    } else {
      back_up(backup, told);
    }
    backup->Release();
    backup->Release();
  }
  return living;
}
