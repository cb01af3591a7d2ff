// Windows' own types in a record: GUIDs as they are printed everywhere.

#ifndef VSSFSM_GUID_HPP
#define VSSFSM_GUID_HPP

#include <cstdio>
#include <string>

#include <windows.h>

namespace vssfsm {

// A GUID in braces, lower case; GUID_NULL is the empty text, which a record leaves out.
inline std::string guid(const GUID& id) {
  char text[40];
  const auto& b = id.Data4;
  std::snprintf(text, sizeof text, "{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                static_cast<unsigned long>(id.Data1), static_cast<unsigned>(id.Data2),
                static_cast<unsigned>(id.Data3), b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
  const std::string out = text;
  return out == "{00000000-0000-0000-0000-000000000000}" ? std::string() : out;
}

// The same of an out parameter, which may be null.
inline std::string guid(const GUID* id) { return id == nullptr ? std::string() : guid(*id); }

}  // namespace vssfsm

#endif  // VSSFSM_GUID_HPP
