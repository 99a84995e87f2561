// Signatures of hashes against folders of certificates. Keys, certificates and signatures were made with openssl(1):
// req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1, and smime -sign -noattr -binary -outform der.
#include "init/image/hash_signature.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "unitparser/base/encoding.h"

namespace init {
namespace {

constexpr const char* known =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeDCCAR2gAwIBAgIUR9NdIts2GlXUSvWnh4LxYrMsx8YwCgYIKoZIzj0EAwIw\n"
    "EDEOMAwGA1UEAwwFa25vd24wIBcNMjYxMTI4MDExMzU2WhgPMjEyNjExMDQwMTEz\n"
    "NTZaMBAxDjAMBgNVBAMMBWtub3duMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "OuS0GR191rWUZoRJz9kX5NNDcGiScqqEQTjqfUD9+bl1YPr4kegP6mwKlL3/aovR\n"
    "GkgkgJHKEVwuIYPMMNlrNaNTMFEwHQYDVR0OBBYEFOkuBAPL/KUbOJC19m5zV0j7\n"
    "zt1lMB8GA1UdIwQYMBaAFOkuBAPL/KUbOJC19m5zV0j7zt1lMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANllaWfP7S4lDdYjOCDumZD062IbDlYt\n"
    "QhwtX6A8l/N3AiEAllywM9Nv6pUfHPSNo8VpNysTMwLIW67NSxRG77VhVc8=\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* other =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdzCCAR2gAwIBAgIUScbajVgD4JLC8DLrYjdh6bJbqLYwCgYIKoZIzj0EAwIw\n"
    "EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTI4MDExMzU2WhgPMjEyNjExMDQwMTEz\n"
    "NTZaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "q6KF0tiF4vVF6nFh9aPhe+XDXAqNvOKM+y9FfUUzWdQxz0fvgJgn/ADC9bktN4rV\n"
    "i0t2OlY+yWusGAlVs1wPU6NTMFEwHQYDVR0OBBYEFHaRMDL31WvhlA4GvROP9hJn\n"
    "982mMB8GA1UdIwQYMBaAFHaRMDL31WvhlA4GvROP9hJn982mMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAOuQDc/o5NEOzvz88GuuaxFiN2+DPKMH\n"
    "/XusbB3YK63aAiABYZNw9n3vdyRuek1BCDkNbx/SKWrTcKOroCdv7G+IbQ==\n"
    "-----END CERTIFICATE-----\n";
const std::string hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// By the known key, without its certificate (-nocerts).
constexpr const char* by_known =
    "MIHJBgkqhkiG9w0BBwKggbswgbgCAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwExgZQwgZECAQEwKDAQMQ4wDAYDVQQDDAVrbm93bgIUR9NdIts2"
    "GlXUSvWnh4LxYrMsx8YwDQYJYIZIAWUDBAIBBQAwCgYIKoZIzj0EAwIERzBFAiEA80CtoJ3P68WHxos/trMwpLlIcGKCnfxc8OuthRiuSeACIBP2xKM3hz96"
    "xFyIhqP59lSiFJ7bVkpBexk9e8XnPJ/o";
/// By the other key, with its certificate.
constexpr const char* by_other =
    "MIICSQYJKoZIhvcNAQcCoIICOjCCAjYCAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwGgggF7MIIBdzCCAR2gAwIBAgIUScbajVgD4JLC8DLrYjdh"
    "6bJbqLYwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTI4MDExMzU2WhgPMjEyNjExMDQwMTEzNTZaMBAxDjAMBgNVBAMMBW90aGVyMFkw"
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq6KF0tiF4vVF6nFh9aPhe+XDXAqNvOKM+y9FfUUzWdQxz0fvgJgn/ADC9bktN4rVi0t2OlY+yWusGAlVs1wPU6NT"
    "MFEwHQYDVR0OBBYEFHaRMDL31WvhlA4GvROP9hJn982mMB8GA1UdIwQYMBaAFHaRMDL31WvhlA4GvROP9hJn982mMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI"
    "zj0EAwIDSAAwRQIhAOuQDc/o5NEOzvz88GuuaxFiN2+DPKMH/XusbB3YK63aAiABYZNw9n3vdyRuek1BCDkNbx/SKWrTcKOroCdv7G+IbTGBkzCBkAIBATAo"
    "MBAxDjAMBgNVBAMMBW90aGVyAhRJxtqNWAPgksLwMutiN2HpsluotjANBglghkgBZQMEAgEFADAKBggqhkjOPQQDAgRGMEQCICuXiKW1dgVgFf3uvN0hSw3p"
    "cNd3V/hCq8EwHorBzck3AiAvxrZJ9zcLoN0Jec4XsqCbu8EfBPgKjDsr5HDi+mj5/A==";

class HashSignature : public ::testing::Test {
 protected:
  HashSignature() {
    char name[] = "/tmp/hash-signature-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    top = name;
    for (const char* folder : {"/first", "/second"}) {
      folders.push_back(top + folder);
      std::filesystem::create_directory(folders.back());
    }
  }
  ~HashSignature() override { std::filesystem::remove_all(top); }
  void put(const std::string& path, const char* text) const { std::ofstream(top + "/" + path) << text; }
  [[nodiscard]] bool trusts(const char* signature, const std::string& text = hash) const {
    return is_signed_by_trusted(text, unitparser::decode_base64(signature).value_or(""), folders);
  }
  std::string top;
  std::vector<std::string> folders;
};

TEST_F(HashSignature, IsByACertificateInOneOfTheFolders) {
  EXPECT_FALSE(trusts(by_known)) << "no certificates at all";
  put("second/other.crt", other);
  EXPECT_FALSE(trusts(by_known));
  put("second/known.crt", known);
  EXPECT_TRUE(trusts(by_known));
  EXPECT_TRUE(trusts(by_other));
}

TEST_F(HashSignature, IsOfThatTextAlone) {
  put("first/known.crt", known);
  EXPECT_TRUE(trusts(by_known));
  EXPECT_FALSE(trusts(by_known, "f" + hash.substr(1)));
  EXPECT_FALSE(trusts("AAAA"));
  EXPECT_FALSE(trusts(""));
}

TEST_F(HashSignature, ACertificateThatCameWithItIsNotTrusted) {
  put("first/known.crt", known);
  EXPECT_FALSE(trusts(by_other));
}

TEST_F(HashSignature, TheFirstFolderHidesFilesOfTheOthers) {
  put("second/known.crt", known);
  put("first/known.crt", "");
  EXPECT_FALSE(trusts(by_known));
  std::filesystem::remove(top + "/first/known.crt");
  std::filesystem::create_symlink("/dev/null", top + "/first/known.crt");
  EXPECT_FALSE(trusts(by_known));
}

TEST_F(HashSignature, OtherFilesAreNoCertificates) {
  put("first/known.pem", known);
  put("first/broken.crt", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
  EXPECT_FALSE(trusts(by_known));
  put("first/known.crt", known);
  EXPECT_TRUE(trusts(by_known));
}

}  // namespace
}  // namespace init
