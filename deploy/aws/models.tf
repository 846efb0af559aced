# Model versions that were trained or downloaded, where every role sees them; the shipped ones are in the image.
resource "aws_efs_file_system" "models" {
  creation_token = "${local.name}-models"
  encrypted      = true
  kms_key_id     = aws_kms_key.main.arn
  tags           = { Name = "${local.name}-models" }
}

resource "aws_efs_mount_target" "models" {
  count           = length(local.zones)
  file_system_id  = aws_efs_file_system.models.id
  subnet_id       = aws_subnet.private[count.index].id
  security_groups = [aws_security_group.servers.id]
}

resource "aws_efs_access_point" "models" {
  file_system_id = aws_efs_file_system.models.id
  posix_user {
    uid = 10001
    gid = 10001
  }
  root_directory {
    path = "/models"
    creation_info {
      owner_uid   = 10001
      owner_gid   = 10001
      permissions = "0700"
    }
  }
}

resource "aws_efs_backup_policy" "models" {
  file_system_id = aws_efs_file_system.models.id
  backup_policy {
    status = "ENABLED"
  }
}

# Version folders that are kept for later or brought from elsewhere (`groundswell models add`); no role reads it by itself.
resource "aws_s3_bucket" "models" {
  bucket_prefix = "${local.name}-models-"
}

resource "aws_s3_bucket_public_access_block" "models" {
  bucket                  = aws_s3_bucket.models.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "models" {
  bucket = aws_s3_bucket.models.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "models" {
  bucket = aws_s3_bucket.models.id
  versioning_configuration {
    status = "Enabled"
  }
}
