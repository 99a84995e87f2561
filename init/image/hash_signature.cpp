#include "init/image/hash_signature.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <vector>

#include "unitparser/base/fd.h"
#include "unitparser/base/shared_library.h"

namespace init {
namespace {

constexpr std::size_t certificate_max = 64U << 10U;

/// What is needed of libcrypto. It is loaded for a signature: hardly any image has one that the kernel does not know.
struct Crypto {
  decltype(&::BIO_new_mem_buf) make_reader = nullptr;
  decltype(&::BIO_free) free_reader = nullptr;
  decltype(&::PEM_read_bio_X509) read_certificate = nullptr;
  decltype(&::X509_free) free_certificate = nullptr;
  decltype(&::OPENSSL_sk_new_null) make_list = nullptr;
  decltype(&::OPENSSL_sk_push) push = nullptr;
  decltype(&::OPENSSL_sk_free) free_list = nullptr;
  decltype(&::d2i_PKCS7) decode_signature = nullptr;
  decltype(&::PKCS7_free) free_signature = nullptr;
  decltype(&::PKCS7_verify) verify = nullptr;
};

bool load(Crypto& crypto) {
  using unitparser::find_symbol;
  void* library = ::dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  return library != nullptr && find_symbol(library, "BIO_new_mem_buf", crypto.make_reader) && find_symbol(library, "BIO_free", crypto.free_reader) &&
         find_symbol(library, "PEM_read_bio_X509", crypto.read_certificate) && find_symbol(library, "X509_free", crypto.free_certificate) &&
         find_symbol(library, "OPENSSL_sk_new_null", crypto.make_list) && find_symbol(library, "OPENSSL_sk_push", crypto.push) &&
         find_symbol(library, "OPENSSL_sk_free", crypto.free_list) && find_symbol(library, "d2i_PKCS7", crypto.decode_signature) &&
         find_symbol(library, "PKCS7_free", crypto.free_signature) && find_symbol(library, "PKCS7_verify", crypto.verify);
}

/// The certificates' paths by the names of their files.
std::map<std::string, std::string> certificate_files(std::span<const std::string> folders) {
  std::map<std::string, std::string> files;
  for (const std::string& folder : folders) {
    glob_t found{};
    if (::glob((folder + "/*.crt").c_str(), 0, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i) files.try_emplace(found.gl_pathv[i] + folder.size() + 1, found.gl_pathv[i]);
    ::globfree(&found);
  }
  return files;
}

/// Empty for what is no file, or longer than a certificate is.
std::string read_certificate_file(const std::string& path) {
  const unitparser::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) < 0 || !S_ISREG(info.st_mode)) return {};
  std::string text(certificate_max, '\0');
  const ssize_t n = ::read(file.get(), text.data(), text.size());
  text.resize(n < 0 || static_cast<std::size_t>(n) == certificate_max ? 0 : static_cast<std::size_t>(n));
  return text;
}

}  // namespace

bool is_signed_by_trusted(const std::string& text, const std::string& signature, std::span<const std::string> folders) {
  Crypto crypto;
  if (!load(crypto)) return false;
  const auto reader_of = [&crypto](const std::string& bytes) {
    return std::unique_ptr<BIO, decltype(&::BIO_free)>(crypto.make_reader(bytes.data(), static_cast<int>(bytes.size())), crypto.free_reader);
  };
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  const std::unique_ptr<PKCS7, decltype(&::PKCS7_free)> decoded(crypto.decode_signature(nullptr, &bytes, static_cast<long>(signature.size())),
                                                               crypto.free_signature);
  if (!decoded) return false;
  std::vector<std::unique_ptr<X509, decltype(&::X509_free)>> certificates;
  const std::unique_ptr<OPENSSL_STACK, decltype(&::OPENSSL_sk_free)> list(crypto.make_list(), crypto.free_list);
  for (const auto& [name, path] : certificate_files(folders)) {
    const std::string pem = read_certificate_file(path);
    std::unique_ptr<X509, decltype(&::X509_free)> certificate(crypto.read_certificate(reader_of(pem).get(), nullptr, nullptr, nullptr), crypto.free_certificate);
    if (certificate && list && crypto.push(list.get(), certificate.get()) > 0) certificates.push_back(std::move(certificate));
  }
  // Who issued a certificate and until when it holds does not matter: it was put there to be trusted. One in the signature is not.
  const auto content = reader_of(text);
  return !certificates.empty() && crypto.verify(decoded.get(), reinterpret_cast<STACK_OF(X509)*>(list.get()), nullptr, content.get(), nullptr,
                                                PKCS7_NOINTERN | PKCS7_NOVERIFY) == 1;
}

}  // namespace init
