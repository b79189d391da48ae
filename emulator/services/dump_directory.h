// Where a dump goes: a directory in the format of `--state`, to which each service adds its own part.
// Nothing that is there is ever written over.
#ifndef OFFING_EMULATOR_SERVICES_DUMP_DIRECTORY_H_
#define OFFING_EMULATOR_SERVICES_DUMP_DIRECTORY_H_

#include <expected>
#include <filesystem>
#include <string>

namespace offing {

// Makes the directory if need be. The error: it cannot be made, or holds something.
inline std::expected<void, std::string> begin_dump(const std::string& directory) {
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code)
    return std::unexpected("the directory " + directory + " cannot be made: " + code.message());
  const std::filesystem::directory_iterator first(directory, code);
  if (code)
    return std::unexpected("the directory " + directory + " cannot be read: " + code.message());
  if (first != std::filesystem::directory_iterator())
    return std::unexpected("the directory " + directory + " is not empty (it holds " +
                           first->path().filename().string() +
                           "); name one that is empty or does not exist");
  return {};
}

// The same for one service's part, the file or directory `name` in it.
inline std::expected<void, std::string> begin_dump_of(const std::string& directory,
                                                      const std::string& name) {
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code)
    return std::unexpected("the directory " + directory + " cannot be made: " + code.message());
  const std::string path = directory + "/" + name;
  if (std::filesystem::exists(path, code) || code)
    return std::unexpected(path + " is there already; name a directory that is empty or does not "
                                  "exist");
  return {};
}

// Whether a directory that is to be loaded has this part; the error: there is no such directory.
inline std::expected<bool, std::string> has_part(const std::string& directory,
                                                 const std::string& name) {
  std::error_code code;
  if (!std::filesystem::is_directory(directory, code))
    return std::unexpected("there is no state directory " + directory);
  return std::filesystem::exists(directory + "/" + name, code);
}

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_DUMP_DIRECTORY_H_
