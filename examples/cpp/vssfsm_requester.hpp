// Record a VSS requester: every call to IVssBackupComponents and IVssAsync, and what came of it.
//
// Include <vsbackup.h> (with what it needs) before this header, then change one line:
//
//   vssfsm::CreateRecordedBackupComponents(&backup);    // was: CreateVssBackupComponents(&backup)
//
// What it gives is an IVssBackupComponents that hands every call to the real one and records it with
// its return code. QueryInterface gives the recorded Ex, Ex2, Ex3 and Ex4 where the real object has
// them. Each IVssAsync that a method gives is recorded, too: Wait, QueryStatus, Cancel and its last
// Release say in `of` whose it is. The last Release of the object ends the session.
//
// Records go to vssfsm::recorder() unless another recorder is given.

#ifndef VSSFSM_REQUESTER_HPP
#define VSSFSM_REQUESTER_HPP

#include <atomic>
#include <new>
#include <string>
#include <utility>

#include "vssfsm_guid.hpp"
#include "vssfsm_record.hpp"

namespace vssfsm {

namespace detail {

// Microsoft's headers say `bool` where MinGW's say `boolean`: take whichever a method has.
template <class Method>
struct FirstOf;
template <class Class, class First, class... Rest>
struct FirstOf<HRESULT (STDMETHODCALLTYPE Class::*)(First, Rest...)> {
  using type = First;
};
using Flag = FirstOf<decltype(&IVssBackupComponents::SetBackupState)>::type;

// Interfaces, each derived from the one before: IUnknown, IVssBackupComponents, its Ex to Ex4.
constexpr GUID unknown_id = {0x00000000, 0x0000, 0x0000, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
constexpr GUID async_id = {0x507c37b4, 0xcf5b, 0x4e95, {0xb0, 0xaf, 0x14, 0xeb, 0x97, 0x67, 0x46, 0x7e}};
constexpr GUID component_ids[] = {
    {0x665c1d5f, 0xc218, 0x414d, {0xa0, 0x5d, 0x7f, 0xef, 0x5f, 0x9d, 0x5c, 0x86}},
    {0x963f03ad, 0x9e4c, 0x4a34, {0xac, 0x15, 0xe4, 0xb6, 0x17, 0x4e, 0x50, 0x36}},
    {0xacfe2b3a, 0x22c9, 0x4ef8, {0xbd, 0x03, 0x2f, 0x9c, 0xa2, 0x30, 0x08, 0x4e}},
    {0xc191bfbc, 0xb602, 0x4675, {0x8b, 0xd1, 0x67, 0xd6, 0x42, 0xf5, 0x29, 0xd5}},
    {0xf434c2fd, 0xb553, 0x4961, {0xa9, 0xf9, 0xa8, 0xe9, 0x0b, 0x67, 0x3e, 0x53}},
};

// Where the records of one object go, and the session that they belong to.
struct Session {
  Recorder* recorder;
  std::string name;
};

// One call: made before it, written after it.
class Call {
 public:
  Call(const Session& session, const char* method)
      : recorder_(session.recorder), record_("requester", method) {
    record_.text("session", session.name).number("thread", thread_number());
  }

  Record* operator->() { return &record_; }

  Call& component(const VSS_ID& writer, LPCWSTR path, LPCWSTR name) {
    record_.text("writer_id", guid(writer)).arg("component", name).arg("logical_path", path == nullptr ? L"" : path);
    return *this;
  }

  HRESULT done(HRESULT result) {
    recorder_->write(record_.number("ended", now_ns()).hresult("hresult", result));
    return result;
  }

  HRESULT counted(HRESULT result, const UINT* count) {
    if (SUCCEEDED(result) && count != nullptr) record_.arg_number("count", *count);
    return done(result);
  }

  HRESULT status(HRESULT result, const VSS_ID* instance, const VSS_ID* writer, const BSTR* name,
                 const VSS_WRITER_STATE* state, const HRESULT* failure) {
    if (SUCCEEDED(result)) {
      record_.text("instance", guid(instance)).text("writer_id", guid(writer));
      if (name != nullptr) record_.text("writer", *name);
      if (state != nullptr) record_.number("state", *state);
      if (failure != nullptr) record_.hresult("failure", *failure);
    }
    return done(result);
  }

 private:
  Recorder* recorder_;
  Record record_;
};

class RecordedAsync final : public IVssAsync {
 public:
  RecordedAsync(IVssAsync* real, Session session, const char* of)
      : real_(real), session_(std::move(session)), of_(of) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) override {
    if (out == nullptr) return E_POINTER;
    if (!IsEqualGUID(id, unknown_id) && !IsEqualGUID(id, async_id)) return real_->QueryInterface(id, out);
    *out = static_cast<IVssAsync*>(this);
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++count_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --count_;
    if (left == 0) {
      Call one = call("Release");
      real_->Release();
      one.done(S_OK);
      delete this;
    }
    return left;
  }

  HRESULT STDMETHODCALLTYPE Cancel() override { return call("Cancel").done(real_->Cancel()); }
  HRESULT STDMETHODCALLTYPE Wait(DWORD milliseconds) override {
    Call one = call("Wait");
    return one.done(real_->Wait(milliseconds));
  }
  HRESULT STDMETHODCALLTYPE QueryStatus(HRESULT* result, INT* reserved) override {
    Call one = call("QueryStatus");
    const HRESULT returned = real_->QueryStatus(result, reserved);
    if (SUCCEEDED(returned) && result != nullptr) one->hresult("async_result", *result);
    return one.done(returned);
  }

 private:
  ~RecordedAsync() = default;

  Call call(const char* method) {
    Call one(session_, method);
    one->text("of", of_);
    return one;
  }

  IVssAsync* real_;
  Session session_;
  const char* of_;
  std::atomic<ULONG> count_{1};
};

// IVssBackupComponents, of which Interface is, or is derived.
template <class Interface, int level = 0>
class Components : public Interface {
 public:
  Components(Interface* real, Session session) : real_(real), session_(std::move(session)) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) override {
    if (out == nullptr) return E_POINTER;
    bool is_ours = IsEqualGUID(id, unknown_id);
    for (int i = 0; i <= level; ++i) is_ours = is_ours || IsEqualGUID(id, component_ids[i]);
    if (!is_ours) return real_->QueryInterface(id, out);
    *out = static_cast<Interface*>(this);
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++count_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --count_;
    if (left == 0) {
      Call one = call("Release");
      real_->Release();
      one.done(S_OK);
      delete this;
    }
    return left;
  }

  // --- Both ways ---------------------------------------------------------------------------------
  HRESULT STDMETHODCALLTYPE GetWriterComponentsCount(UINT* count) override {
    Call one = call("GetWriterComponentsCount");
    return one.counted(real_->GetWriterComponentsCount(count), count);
  }
  HRESULT STDMETHODCALLTYPE GetWriterComponents(UINT index, IVssWriterComponentsExt** writer) override {
    Call one = call("GetWriterComponents");
    one->arg_number("index", index);
    return one.done(real_->GetWriterComponents(index, writer));
  }
  HRESULT STDMETHODCALLTYPE InitializeForBackup(BSTR xml) override {
    Call one = call("InitializeForBackup");
    return one.done(real_->InitializeForBackup(xml));
  }
  HRESULT STDMETHODCALLTYPE SetBackupState(Flag select, Flag bootable, VSS_BACKUP_TYPE type, Flag partial) override {
    Call one = call("SetBackupState");
    one->arg_flag("selected", select != 0);
    return one.done(real_->SetBackupState(select, bootable, type, partial));
  }
  HRESULT STDMETHODCALLTYPE InitializeForRestore(BSTR xml) override {
    Call one = call("InitializeForRestore");
    return one.done(real_->InitializeForRestore(xml));
  }
  HRESULT STDMETHODCALLTYPE SetRestoreState(VSS_RESTORE_TYPE type) override {
    Call one = call("SetRestoreState");
    return one.done(real_->SetRestoreState(type));
  }
  HRESULT STDMETHODCALLTYPE GatherWriterMetadata(IVssAsync** async) override {
    Call one = call("GatherWriterMetadata");
    return began(one, real_->GatherWriterMetadata(async), async, "GatherWriterMetadata");
  }
  HRESULT STDMETHODCALLTYPE GetWriterMetadataCount(UINT* count) override {
    Call one = call("GetWriterMetadataCount");
    return one.counted(real_->GetWriterMetadataCount(count), count);
  }
  HRESULT STDMETHODCALLTYPE GetWriterMetadata(UINT index, VSS_ID* instance, IVssExamineWriterMetadata** metadata) override {
    Call one = call("GetWriterMetadata");
    one->arg_number("index", index);
    const HRESULT result = real_->GetWriterMetadata(index, instance, metadata);
    if (SUCCEEDED(result)) one->text("instance", guid(instance));
    return one.done(result);
  }
  HRESULT STDMETHODCALLTYPE FreeWriterMetadata() override {
    Call one = call("FreeWriterMetadata");
    return one.done(real_->FreeWriterMetadata());
  }
  HRESULT STDMETHODCALLTYPE GatherWriterStatus(IVssAsync** async) override {
    Call one = call("GatherWriterStatus");
    return began(one, real_->GatherWriterStatus(async), async, "GatherWriterStatus");
  }
  HRESULT STDMETHODCALLTYPE GetWriterStatusCount(UINT* count) override {
    Call one = call("GetWriterStatusCount");
    return one.counted(real_->GetWriterStatusCount(count), count);
  }
  HRESULT STDMETHODCALLTYPE FreeWriterStatus() override {
    Call one = call("FreeWriterStatus");
    return one.done(real_->FreeWriterStatus());
  }
  HRESULT STDMETHODCALLTYPE GetWriterStatus(UINT index, VSS_ID* instance, VSS_ID* writer, BSTR* name,
                                            VSS_WRITER_STATE* state, HRESULT* failure) override {
    Call one = call("GetWriterStatus");
    one->arg_number("index", index);
    const HRESULT result = real_->GetWriterStatus(index, instance, writer, name, state, failure);
    return one.status(result, instance, writer, name, state, failure);
  }
  HRESULT STDMETHODCALLTYPE SaveAsXML(BSTR* xml) override {
    Call one = call("SaveAsXML");
    return one.done(real_->SaveAsXML(xml));
  }

  // --- Backup ------------------------------------------------------------------------------------
  HRESULT STDMETHODCALLTYPE AddComponent(VSS_ID instance, VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path,
                                         LPCWSTR name) override {
    Call one = call("AddComponent").component(writer, path, name);
    one->text("instance", guid(instance));
    return one.done(real_->AddComponent(instance, writer, type, path, name));
  }
  HRESULT STDMETHODCALLTYPE PrepareForBackup(IVssAsync** async) override {
    Call one = call("PrepareForBackup");
    return began(one, real_->PrepareForBackup(async), async, "PrepareForBackup");
  }
  HRESULT STDMETHODCALLTYPE AbortBackup() override {
    Call one = call("AbortBackup");
    return one.done(real_->AbortBackup());
  }
  HRESULT STDMETHODCALLTYPE SetBackupSucceeded(VSS_ID instance, VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path,
                                               LPCWSTR name, Flag succeeded) override {
    Call one = call("SetBackupSucceeded").component(writer, path, name);
    one->text("instance", guid(instance)).arg_flag("succeeded", succeeded != 0);
    return one.done(real_->SetBackupSucceeded(instance, writer, type, path, name, succeeded));
  }
  HRESULT STDMETHODCALLTYPE SetBackupOptions(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                             LPCWSTR options) override {
    Call one = call("SetBackupOptions").component(writer, path, name);
    return one.done(real_->SetBackupOptions(writer, type, path, name, options));
  }
  HRESULT STDMETHODCALLTYPE SetPreviousBackupStamp(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                   LPCWSTR stamp) override {
    Call one = call("SetPreviousBackupStamp").component(writer, path, name);
    return one.done(real_->SetPreviousBackupStamp(writer, type, path, name, stamp));
  }
  HRESULT STDMETHODCALLTYPE BackupComplete(IVssAsync** async) override {
    Call one = call("BackupComplete");
    return began(one, real_->BackupComplete(async), async, "BackupComplete");
  }

  // --- Restore -----------------------------------------------------------------------------------
  HRESULT STDMETHODCALLTYPE SetSelectedForRestore(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                  Flag selected) override {
    Call one = call("SetSelectedForRestore").component(writer, path, name);
    one->arg_flag("selected", selected != 0);
    return one.done(real_->SetSelectedForRestore(writer, type, path, name, selected));
  }
  HRESULT STDMETHODCALLTYPE SetRestoreOptions(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                              LPCWSTR options) override {
    Call one = call("SetRestoreOptions").component(writer, path, name);
    return one.done(real_->SetRestoreOptions(writer, type, path, name, options));
  }
  HRESULT STDMETHODCALLTYPE SetAdditionalRestores(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                  Flag additional) override {
    Call one = call("SetAdditionalRestores").component(writer, path, name);
    return one.done(real_->SetAdditionalRestores(writer, type, path, name, additional));
  }
  HRESULT STDMETHODCALLTYPE AddAlternativeLocationMapping(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path,
                                                          LPCWSTR name, LPCWSTR from, LPCWSTR spec, Flag recursive,
                                                          LPCWSTR to) override {
    Call one = call("AddAlternativeLocationMapping").component(writer, path, name);
    return one.done(real_->AddAlternativeLocationMapping(writer, type, path, name, from, spec, recursive, to));
  }
  HRESULT STDMETHODCALLTYPE AddRestoreSubcomponent(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                   LPCWSTR sub_path, LPCWSTR sub_name, Flag repair) override {
    Call one = call("AddRestoreSubcomponent").component(writer, path, name);
    return one.done(real_->AddRestoreSubcomponent(writer, type, path, name, sub_path, sub_name, repair));
  }
  HRESULT STDMETHODCALLTYPE SetFileRestoreStatus(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                 VSS_FILE_RESTORE_STATUS status) override {
    Call one = call("SetFileRestoreStatus").component(writer, path, name);
    return one.done(real_->SetFileRestoreStatus(writer, type, path, name, status));
  }
  HRESULT STDMETHODCALLTYPE AddNewTarget(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                         LPCWSTR from, LPCWSTR file, Flag recursive, LPCWSTR to) override {
    Call one = call("AddNewTarget").component(writer, path, name);
    return one.done(real_->AddNewTarget(writer, type, path, name, from, file, recursive, to));
  }
  HRESULT STDMETHODCALLTYPE SetRangesFilePath(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                              UINT file, LPCWSTR ranges) override {
    Call one = call("SetRangesFilePath").component(writer, path, name);
    return one.done(real_->SetRangesFilePath(writer, type, path, name, file, ranges));
  }
  HRESULT STDMETHODCALLTYPE PreRestore(IVssAsync** async) override {
    Call one = call("PreRestore");
    return began(one, real_->PreRestore(async), async, "PreRestore");
  }
  HRESULT STDMETHODCALLTYPE PostRestore(IVssAsync** async) override {
    Call one = call("PostRestore");
    return began(one, real_->PostRestore(async), async, "PostRestore");
  }

  // --- Shadow copies -----------------------------------------------------------------------------
  HRESULT STDMETHODCALLTYPE SetContext(LONG context) override {
    Call one = call("SetContext");
    one->arg_number("context", static_cast<long long>(static_cast<DWORD>(context)));
    return one.done(real_->SetContext(context));
  }
  HRESULT STDMETHODCALLTYPE StartSnapshotSet(VSS_ID* set) override {
    Call one = call("StartSnapshotSet");
    const HRESULT result = real_->StartSnapshotSet(set);
    if (SUCCEEDED(result)) one->arg("set", guid(set));
    return one.done(result);
  }
  HRESULT STDMETHODCALLTYPE AddToSnapshotSet(VSS_PWSZ volume, VSS_ID provider, VSS_ID* snapshot) override {
    Call one = call("AddToSnapshotSet");
    one->arg("volume", volume);
    const HRESULT result = real_->AddToSnapshotSet(volume, provider, snapshot);
    if (SUCCEEDED(result)) one->arg("snapshot", guid(snapshot));
    return one.done(result);
  }
  HRESULT STDMETHODCALLTYPE DoSnapshotSet(IVssAsync** async) override {
    Call one = call("DoSnapshotSet");
    return began(one, real_->DoSnapshotSet(async), async, "DoSnapshotSet");
  }
  HRESULT STDMETHODCALLTYPE DeleteSnapshots(VSS_ID id, VSS_OBJECT_TYPE type, BOOL force, LONG* deleted,
                                            VSS_ID* left) override {
    Call one = call("DeleteSnapshots");
    return one.done(real_->DeleteSnapshots(id, type, force, deleted, left));
  }
  HRESULT STDMETHODCALLTYPE ImportSnapshots(IVssAsync** async) override {
    Call one = call("ImportSnapshots");
    return began(one, real_->ImportSnapshots(async), async, "ImportSnapshots");
  }
  HRESULT STDMETHODCALLTYPE BreakSnapshotSet(VSS_ID set) override {
    Call one = call("BreakSnapshotSet");
    one->arg("set", guid(set));
    return one.done(real_->BreakSnapshotSet(set));
  }
  HRESULT STDMETHODCALLTYPE GetSnapshotProperties(VSS_ID snapshot, VSS_SNAPSHOT_PROP* properties) override {
    Call one = call("GetSnapshotProperties");
    one->arg("snapshot", guid(snapshot));
    return one.done(real_->GetSnapshotProperties(snapshot, properties));
  }
  HRESULT STDMETHODCALLTYPE Query(VSS_ID id, VSS_OBJECT_TYPE queried, VSS_OBJECT_TYPE returned,
                                  IVssEnumObject** objects) override {
    Call one = call("Query");
    return one.done(real_->Query(id, queried, returned, objects));
  }
  HRESULT STDMETHODCALLTYPE IsVolumeSupported(VSS_ID provider, VSS_PWSZ volume, BOOL* supported) override {
    Call one = call("IsVolumeSupported");
    one->arg("volume", volume);
    return one.done(real_->IsVolumeSupported(provider, volume, supported));
  }
  HRESULT STDMETHODCALLTYPE DisableWriterClasses(const VSS_ID* ids, UINT count) override {
    Call one = call("DisableWriterClasses");
    return one.done(real_->DisableWriterClasses(ids, count));
  }
  HRESULT STDMETHODCALLTYPE EnableWriterClasses(const VSS_ID* ids, UINT count) override {
    Call one = call("EnableWriterClasses");
    return one.done(real_->EnableWriterClasses(ids, count));
  }
  HRESULT STDMETHODCALLTYPE DisableWriterInstances(const VSS_ID* ids, UINT count) override {
    Call one = call("DisableWriterInstances");
    return one.done(real_->DisableWriterInstances(ids, count));
  }
  HRESULT STDMETHODCALLTYPE ExposeSnapshot(VSS_ID snapshot, VSS_PWSZ root, LONG attributes, VSS_PWSZ expose,
                                           VSS_PWSZ* exposed) override {
    Call one = call("ExposeSnapshot");
    one->arg("snapshot", guid(snapshot));
    return one.done(real_->ExposeSnapshot(snapshot, root, attributes, expose, exposed));
  }
  HRESULT STDMETHODCALLTYPE RevertToSnapshot(VSS_ID snapshot, BOOL force) override {
    Call one = call("RevertToSnapshot");
    one->arg("snapshot", guid(snapshot));
    return one.done(real_->RevertToSnapshot(snapshot, force));
  }
  HRESULT STDMETHODCALLTYPE QueryRevertStatus(VSS_PWSZ volume, IVssAsync** async) override {
    Call one = call("QueryRevertStatus");
    one->arg("volume", volume);
    return began(one, real_->QueryRevertStatus(volume, async), async, "QueryRevertStatus");
  }

 protected:
  virtual ~Components() = default;

  Call call(const char* method) { return Call(session_, method); }
  Interface* real() { return real_; }

  // Write the call that began an operation, and put a recorded IVssAsync in the real one's place.
  HRESULT began(Call& one, HRESULT result, IVssAsync** async, const char* of) {
    one.done(result);
    if (SUCCEEDED(result) && async != nullptr && *async != nullptr) {
      auto* recorded = new (std::nothrow) RecordedAsync(*async, session_, of);
      if (recorded != nullptr) *async = recorded;
    }
    return result;
  }

 private:
  Interface* real_;
  Session session_;
  std::atomic<ULONG> count_{1};
};

template <class Interface, int level = 1>
class ComponentsEx : public Components<Interface, level> {
 public:
  using Components<Interface, level>::Components;

  HRESULT STDMETHODCALLTYPE GetWriterMetadataEx(UINT index, VSS_ID* instance,
                                                IVssExamineWriterMetadataEx** metadata) override {
    Call one = this->call("GetWriterMetadataEx");
    one->arg_number("index", index);
    const HRESULT result = this->real()->GetWriterMetadataEx(index, instance, metadata);
    if (SUCCEEDED(result)) one->text("instance", guid(instance));
    return one.done(result);
  }
  HRESULT STDMETHODCALLTYPE SetSelectedForRestoreEx(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                    Flag selected, VSS_ID instance) override {
    Call one = this->call("SetSelectedForRestoreEx").component(writer, path, name);
    one->text("instance", guid(instance)).arg_flag("selected", selected != 0);
    return one.done(this->real()->SetSelectedForRestoreEx(writer, type, path, name, selected, instance));
  }
};

template <class Interface, int level = 2>
class ComponentsEx2 : public ComponentsEx<Interface, level> {
 public:
  using ComponentsEx<Interface, level>::ComponentsEx;

  HRESULT STDMETHODCALLTYPE UnexposeSnapshot(VSS_ID snapshot) override {
    Call one = this->call("UnexposeSnapshot");
    one->arg("snapshot", guid(snapshot));
    return one.done(this->real()->UnexposeSnapshot(snapshot));
  }
  HRESULT STDMETHODCALLTYPE SetAuthoritativeRestore(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                                    Flag authoritative) override {
    Call one = this->call("SetAuthoritativeRestore").component(writer, path, name);
    return one.done(this->real()->SetAuthoritativeRestore(writer, type, path, name, authoritative));
  }
  HRESULT STDMETHODCALLTYPE SetRollForward(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                           VSS_ROLLFORWARD_TYPE roll, LPCWSTR point) override {
    Call one = this->call("SetRollForward").component(writer, path, name);
    return one.done(this->real()->SetRollForward(writer, type, path, name, roll, point));
  }
  HRESULT STDMETHODCALLTYPE SetRestoreName(VSS_ID writer, VSS_COMPONENT_TYPE type, LPCWSTR path, LPCWSTR name,
                                           LPCWSTR restore) override {
    Call one = this->call("SetRestoreName").component(writer, path, name);
    return one.done(this->real()->SetRestoreName(writer, type, path, name, restore));
  }
  HRESULT STDMETHODCALLTYPE BreakSnapshotSetEx(VSS_ID set, DWORD flags, IVssAsync** async) override {
    Call one = this->call("BreakSnapshotSetEx");
    one->arg("set", guid(set));
    return this->began(one, this->real()->BreakSnapshotSetEx(set, flags, async), async, "BreakSnapshotSetEx");
  }
  HRESULT STDMETHODCALLTYPE PreFastRecovery(VSS_ID set, DWORD flags, IVssAsync** async) override {
    Call one = this->call("PreFastRecovery");
    return this->began(one, this->real()->PreFastRecovery(set, flags, async), async, "PreFastRecovery");
  }
  HRESULT STDMETHODCALLTYPE FastRecovery(VSS_ID set, DWORD flags, IVssAsync** async) override {
    Call one = this->call("FastRecovery");
    return this->began(one, this->real()->FastRecovery(set, flags, async), async, "FastRecovery");
  }
};

template <class Interface, int level = 3>
class ComponentsEx3 : public ComponentsEx2<Interface, level> {
 public:
  using ComponentsEx2<Interface, level>::ComponentsEx2;

  HRESULT STDMETHODCALLTYPE GetWriterStatusEx(UINT index, VSS_ID* instance, VSS_ID* writer, BSTR* name,
                                              VSS_WRITER_STATE* state, HRESULT* failure, HRESULT* application,
                                              BSTR* message) override {
    Call one = this->call("GetWriterStatusEx");
    one->arg_number("index", index);
    const HRESULT result =
        this->real()->GetWriterStatusEx(index, instance, writer, name, state, failure, application, message);
    return one.status(result, instance, writer, name, state, failure);
  }
  HRESULT STDMETHODCALLTYPE AddSnapshotToRecoverySet(VSS_ID snapshot, DWORD flags, VSS_PWSZ volume) override {
    Call one = this->call("AddSnapshotToRecoverySet");
    one->arg("snapshot", guid(snapshot)).arg("volume", volume);
    return one.done(this->real()->AddSnapshotToRecoverySet(snapshot, flags, volume));
  }
  HRESULT STDMETHODCALLTYPE RecoverSet(DWORD flags, IVssAsync** async) override {
    Call one = this->call("RecoverSet");
    return this->began(one, this->real()->RecoverSet(flags, async), async, "RecoverSet");
  }
  HRESULT STDMETHODCALLTYPE GetSessionId(VSS_ID* id) override {
    Call one = this->call("GetSessionId");
    const HRESULT result = this->real()->GetSessionId(id);
    if (SUCCEEDED(result)) one->arg("session_id", guid(id));
    return one.done(result);
  }
};

template <class Interface, int level = 4>
class ComponentsEx4 : public ComponentsEx3<Interface, level> {
 public:
  using ComponentsEx3<Interface, level>::ComponentsEx3;

  HRESULT STDMETHODCALLTYPE GetRootAndLogicalPrefixPaths(VSS_PWSZ file, VSS_PWSZ* root, VSS_PWSZ* prefix,
                                                         BOOL normalize) override {
    Call one = this->call("GetRootAndLogicalPrefixPaths");
    return one.done(this->real()->GetRootAndLogicalPrefixPaths(file, root, prefix, normalize));
  }
};

// Wrap *real* if it has the interface of *level*; null if it has not. The reference is handed on.
template <class Interface, template <class, int> class Wrapper, int level>
IVssBackupComponents* wrap_as(IVssBackupComponents* real, const Session& session) {
  void* found = nullptr;
  if (FAILED(real->QueryInterface(component_ids[level], &found)) || found == nullptr) return nullptr;
  auto* wide = static_cast<Interface*>(found);
  auto* wrapper = new (std::nothrow) Wrapper<Interface, level>(wide, session);
  (wrapper == nullptr ? static_cast<IVssBackupComponents*>(wide) : real)->Release();
  return wrapper;
}

}  // namespace detail

// A recorded object in the place of *real*, whose reference it takes over; *real* itself where there
// is no memory for it. *session* tells this object's records from those of others; left empty, a text
// of its own is made.
inline IVssBackupComponents* record_backup_components(IVssBackupComponents* real, Recorder& to = recorder(),
                                                      const std::string& session = std::string()) {
  using namespace detail;
  const Session own{&to, session.empty() ? to.token() : session};
  IVssBackupComponents* made = wrap_as<IVssBackupComponentsEx4, ComponentsEx4, 4>(real, own);
  if (made == nullptr) made = wrap_as<IVssBackupComponentsEx3, ComponentsEx3, 3>(real, own);
  if (made == nullptr) made = wrap_as<IVssBackupComponentsEx2, ComponentsEx2, 2>(real, own);
  if (made == nullptr) made = wrap_as<IVssBackupComponentsEx, ComponentsEx, 1>(real, own);
  if (made == nullptr) made = new (std::nothrow) Components<IVssBackupComponents, 0>(real, own);
  return made == nullptr ? real : made;
}

// CreateVssBackupComponents, recorded, and what it gives recorded, too.
inline HRESULT CreateRecordedBackupComponents(IVssBackupComponents** out, Recorder& to = recorder(),
                                              const std::string& session = std::string()) {
  const detail::Session own{&to, session.empty() ? to.token() : session};
  detail::Call one(own, "CreateVssBackupComponents");
  const HRESULT result = one.done(CreateVssBackupComponents(out));
  if (SUCCEEDED(result) && out != nullptr && *out != nullptr) *out = record_backup_components(*out, to, own.name);
  return result;
}

}  // namespace vssfsm

#endif  // VSSFSM_REQUESTER_HPP
