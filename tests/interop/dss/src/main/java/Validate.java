import eu.europa.esig.dss.diagnostic.EvidenceRecordWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.enumerations.DigestMatcherType;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/**
 * Validates the evidence records and containers that standard input names, one a line, tabs
 * between: FILE, TIME, roots (DER files joined by commas), detached objects (joined by commas).
 *
 * <p>Answers a line each: for every evidence record and every signature, whether all hashes and
 * signatures in it are intact, and the indication. The policy is DSS's own, but asks for no
 * revocation data, which test authorities do not have.
 */
public final class Validate {
    private static final String POLICY = "/policy/constraint.xml";

    private Validate() {
    }

    public static void main(String[] arguments) throws IOException {
        String policy = policy();
        BufferedReader cases =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = cases.readLine(); line != null; line = cases.readLine()) {
            System.out.println(answer(line.split("\t", -1), policy));
        }
    }

    private static String policy() throws IOException {
        try (InputStream stream = Validate.class.getResourceAsStream(POLICY)) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            return text.replaceAll("<(Acceptable)?RevocationData(Available|Found) Level=\"\\w+\" />", "");
        }
    }

    private static String answer(String[] parts, String policy) {
        try {
            return told(judged(parts, policy));
        } catch (RuntimeException error) {
            return "refused: " + String.valueOf(error.getMessage()).replace('\n', ' ');
        }
    }

    private static Reports judged(String[] parts, String policy) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        for (String root : parts[2].split(",")) {
            trusted.addCertificate(DSSUtils.loadCertificate(new File(root)));
        }
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        SignedDocumentValidator validator =
            SignedDocumentValidator.fromDocument(new FileDocument(parts[0]));
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(Date.from(Instant.parse(parts[1])));
        List<DSSDocument> objects = new ArrayList<>();
        for (String name : parts[3].isEmpty() ? new String[0] : parts[3].split(",")) {
            objects.add(new FileDocument(name));
        }
        validator.setDetachedContents(objects);
        return validator.validateDocument(
            new ByteArrayInputStream(policy.getBytes(StandardCharsets.UTF_8)));
    }

    private static String told(Reports reports) {
        List<String> told = new ArrayList<>();
        for (EvidenceRecordWrapper record : reports.getDiagnosticData().getEvidenceRecords()) {
            told.add("record " + word(intact(record)) + indication(reports, record.getId()));
        }
        for (SignatureWrapper one : reports.getDiagnosticData().getSignatures()) {
            told.add("signature " + word(one.isSignatureValid()) + indication(reports, one.getId()));
        }
        return String.join("; ", told);
    }

    private static String indication(Reports reports, String id) {
        return " " + reports.getSimpleReport().getIndication(id)
            + " " + reports.getSimpleReport().getSubIndication(id);
    }

    private static String word(boolean intact) {
        return intact ? "intact" : "broken";
    }

    /** Whether an object is covered, and all timestamps and renewals are right. */
    private static boolean intact(EvidenceRecordWrapper record) {
        boolean covered = false;
        for (XmlDigestMatcher one : record.getDigestMatchers()) {
            if (one.getType() != DigestMatcherType.EVIDENCE_RECORD_ORPHAN_REFERENCE) {
                covered = one.isDataFound() && one.isDataIntact();
                if (!covered) {
                    return false;
                }
            }
        }
        for (TimestampWrapper stamp : record.getTimestampList()) {
            if (!stamp.isSignatureValid() || !stamp.isTrustedChain() || !hashesIntact(stamp)) {
                return false;
            }
        }
        return covered && !record.getTimestampList().isEmpty();
    }

    private static boolean hashesIntact(TimestampWrapper stamp) {
        for (XmlDigestMatcher one : stamp.getDigestMatchers()) {
            boolean orphan = one.getType() == DigestMatcherType.EVIDENCE_RECORD_ORPHAN_REFERENCE;
            if (!orphan && (!one.isDataFound() || !one.isDataIntact())) {
                return false;
            }
        }
        return true;
    }
}
