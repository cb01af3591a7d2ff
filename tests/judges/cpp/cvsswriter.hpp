// A stand-in for the classes CVssWriter, CVssWriterEx and CVssWriterEx2, which MinGW's vswriter.h does
// not have: what Microsoft's pages declare, as far as a recorder meets it. It delivers nothing.

#ifndef VSSFSM_TESTS_CVSSWRITER_HPP
#define VSSFSM_TESTS_CVSSWRITER_HPP

#include <windows.h>

#include <vss.h>

#include <vswriter.h>

class CVssWriter {
 public:
  CVssWriter() = default;
  virtual ~CVssWriter() = default;

  HRESULT STDMETHODCALLTYPE Initialize(VSS_ID, LPCWSTR, VSS_USAGE_TYPE, VSS_SOURCE_TYPE,
                                       VSS_APPLICATION_LEVEL = VSS_APP_FRONT_END, DWORD = 60000,
                                       VSS_ALTERNATE_WRITER_STATE = VSS_AWS_NO_ALTERNATE_WRITER,
                                       bool = false, LPCWSTR = nullptr) {
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE Subscribe(DWORD = VSS_SM_BACKUP_EVENTS_FLAG | VSS_SM_RESTORE_EVENTS_FLAG) {
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE Unsubscribe() { return S_OK; }

  virtual bool STDMETHODCALLTYPE OnIdentify(IVssCreateWriterMetadata*) { return true; }
  virtual bool STDMETHODCALLTYPE OnPrepareBackup(IVssWriterComponents*) { return true; }
  virtual bool STDMETHODCALLTYPE OnPrepareSnapshot() = 0;
  virtual bool STDMETHODCALLTYPE OnFreeze() = 0;
  virtual bool STDMETHODCALLTYPE OnThaw() = 0;
  virtual bool STDMETHODCALLTYPE OnPostSnapshot(IVssWriterComponents*) { return true; }
  virtual bool STDMETHODCALLTYPE OnAbort() = 0;
  virtual bool STDMETHODCALLTYPE OnBackupComplete(IVssWriterComponents*) { return true; }
  virtual bool STDMETHODCALLTYPE OnBackupShutdown(VSS_ID) { return true; }
  virtual bool STDMETHODCALLTYPE OnPreRestore(IVssWriterComponents*) { return true; }
  virtual bool STDMETHODCALLTYPE OnPostRestore(IVssWriterComponents*) { return true; }

 protected:
  HRESULT STDMETHODCALLTYPE SetWriterFailure(HRESULT) { return S_OK; }
};

class CVssWriterEx : public CVssWriter {
 public:
  HRESULT STDMETHODCALLTYPE InitializeEx(VSS_ID, LPCWSTR, DWORD, DWORD, VSS_USAGE_TYPE, VSS_SOURCE_TYPE,
                                         VSS_APPLICATION_LEVEL = VSS_APP_FRONT_END, DWORD = 60000,
                                         VSS_ALTERNATE_WRITER_STATE = VSS_AWS_NO_ALTERNATE_WRITER,
                                         bool = false, LPCWSTR = nullptr) {
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE SubscribeEx(DWORD, DWORD) { return S_OK; }
  virtual bool STDMETHODCALLTYPE OnIdentifyEx(IVssCreateWriterMetadataEx* metadata) {
    return OnIdentify(reinterpret_cast<IVssCreateWriterMetadata*>(metadata));
  }
};

class CVssWriterEx2 : public CVssWriterEx {
 protected:
  HRESULT STDMETHODCALLTYPE SetWriterFailureEx(HRESULT, HRESULT, LPCWSTR) { return S_OK; }
  HRESULT STDMETHODCALLTYPE GetSessionId(VSS_ID* id) {
    *id = GUID{0xabcdef01, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    return S_OK;
  }
};

#endif  // VSSFSM_TESTS_CVSSWRITER_HPP
