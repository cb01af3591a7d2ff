// A stand-in for <windows.h>: as much as MinGW's vss.h, vswriter.h and vsbackup.h need with a compiler
// for another system, so that recorders of Windows' interfaces can be run, and not only compiled.

#ifndef VSSFSM_TESTS_WINDOWS_H
#define VSSFSM_TESTS_WINDOWS_H

#include <cstdint>
#include <cstring>

#define STDMETHODCALLTYPE
#define STDAPICALLTYPE
#define APIENTRY
#define __RPC_USER
#define FORCEINLINE inline
#define interface struct
#define BEGIN_INTERFACE
#define END_INTERFACE
#define MIDL_INTERFACE(id) struct
#define DEFINE_GUID(name, ...) extern "C" const GUID name
#define FALSE 0
#define TRUE 1

typedef int WINBOOL;
typedef int BOOL;
typedef int INT;
typedef unsigned int UINT;
typedef std::int32_t LONG;
typedef std::int32_t HRESULT;
typedef std::uint32_t ULONG;
typedef std::uint32_t DWORD;
typedef std::uint16_t WORD;
typedef std::uint16_t USHORT;
typedef unsigned char BYTE;
typedef unsigned char boolean;
typedef std::int64_t LONGLONG;
typedef std::uint64_t ULONGLONG;
typedef wchar_t WCHAR;
typedef wchar_t* LPWSTR;
typedef wchar_t* BSTR;
typedef const wchar_t* LPCWSTR;

struct GUID {
  std::uint32_t Data1;
  std::uint16_t Data2;
  std::uint16_t Data3;
  std::uint8_t Data4[8];
};
typedef GUID IID;
typedef GUID CLSID;
typedef const IID& REFIID;
struct FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
};

inline bool operator==(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
inline bool IsEqualGUID(const GUID& a, const GUID& b) { return a == b; }

#define SUCCEEDED(code) ((code) >= 0)
#define FAILED(code) ((code) < 0)
constexpr HRESULT S_OK = 0;
constexpr HRESULT S_FALSE = 1;
constexpr HRESULT E_NOINTERFACE = static_cast<HRESULT>(0x80004002);
constexpr HRESULT E_POINTER = static_cast<HRESULT>(0x80004003);
constexpr HRESULT E_OUTOFMEMORY = static_cast<HRESULT>(0x8007000E);
constexpr DWORD INFINITE = 0xffffffff;

struct IUnknown {
  virtual HRESULT QueryInterface(REFIID id, void** out) = 0;
  virtual ULONG AddRef() = 0;
  virtual ULONG Release() = 0;
};

#endif  // VSSFSM_TESTS_WINDOWS_H
